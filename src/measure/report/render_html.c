/* render_html.c - a document as the body of a page.
 *
 * Everything that a reader needs is markup, which works without scripts, on paper and with a screen reader; charts are
 * empty places that the page's script fills.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "report/html_parts.h"
#include "report/render.h"

const char *const HTML_TONES[] = {"plain", "good", "open", "bad"};

/* All text goes through here or through escape_html itself. */
void html_text(buf *out, const char *text)
{
    escape_html(out, text, strlen(text));
}

void html_linked(buf *out, const char *text, const doc_link *links, size_t n_links)
{
    size_t at = 0;
    for (size_t i = 0; i < n_links; i++) {
        escape_html(out, text + at, links[i].begin - at);
        buf_puts(out, "<a href=\"#");
        html_text(out, links[i].target);
        buf_puts(out, "\">");
        escape_html(out, text + links[i].begin, links[i].end - links[i].begin);
        buf_puts(out, "</a>");
        at = links[i].end;
    }
    html_text(out, text + at);
}

void html_anchor(buf *out, const char *anchor)
{
    if (anchor == NULL)
        return;
    buf_puts(out, " id=\"");
    html_text(out, anchor);
    buf_putc(out, '"');
}

static void put_heading(buf *out, const doc_block *b)
{
    buf_printf(out, "<h%d", b->level);
    html_anchor(out, b->anchor);
    buf_putc(out, '>');
    html_text(out, b->title);
    buf_printf(out, "</h%d>\n", b->level);
}

/* `first`: the anchor of the section that follows. */
static void put_contents(buf *out, const document *doc, const char *first)
{
    buf_puts(out, "<a class=\"skip\" href=\"#");
    html_text(out, first);
    buf_puts(out, "\">Skip the contents</a>\n<nav aria-label=\"Contents\">\n<ul>\n");
    for (size_t i = 0; i < doc->n_blocks; i++) {
        const doc_block *const b = &doc->blocks[i];
        if (b->kind != DOC_HEADING || b->level != 2 || b->anchor == NULL || b->audience == FOR_TERMINAL)
            continue;
        buf_puts(out, "<li><a href=\"#");
        html_text(out, b->anchor);
        buf_puts(out, "\">");
        html_text(out, b->title);
        buf_puts(out, "</a></li>\n");
    }
    buf_puts(out, "</ul>\n</nav>\n");
}

static void put_badge(buf *out, const doc_block *b)
{
    buf_printf(out, "<p class=\"lede\"><span class=\"badge %s\">", HTML_TONES[b->tone]);
    html_text(out, b->title);
    buf_puts(out, "</span> ");
    html_text(out, b->text);
    buf_puts(out, "</p>\n");
}

/* Charts side by side, hidden until the script has drawn them. */
static void put_chart(buf *out, const doc_block *b, bool is_first, bool is_last)
{
    if (is_first) {
        buf_puts(out, "<div class=\"charts\"");
        html_anchor(out, b->anchor);
        buf_puts(out, ">\n");
    }
    buf_printf(out, "<figure hidden data-chart=\"%s\" data-subject=\"%d\"></figure>\n", b->title, b->subject);
    if (is_last)
        buf_puts(out, "<p class=\"no-script\">This page's script draws charts here; without it, the figures are in the "
                      "tables.</p>\n</div>\n");
}

/* Returns true if the line opens or closes a block of code. */
static bool is_fence(const char *line, size_t n)
{
    return n >= 3 && memcmp(line, "```", 3) == 0;
}

/* Blocks of code in a typeface of one width; the lines of their fences are in the page, but not seen.  One that is not
 * closed goes to the end. */
static void put_fenced(buf *out, const char *text, size_t n_text)
{
    bool is_code = false;
    for (size_t at = 0; at < n_text;) {
        const char *const line = text + at, *const end = memchr(line, '\n', n_text - at);
        const size_t n = end != NULL ? (size_t)(end - line) + 1 : n_text - at;
        const bool fences = is_fence(line, n);
        buf_puts(out, fences && !is_code ? "<code>" : "");
        buf_puts(out, fences ? "<span class=\"fence\">" : "");
        escape_html(out, line, n);
        buf_puts(out, fences ? "</span>" : "");
        buf_puts(out, fences && is_code ? "</code>" : "");
        is_code ^= fences;
        at += n;
    }
    buf_puts(out, is_code ? "</code>" : "");
}

static void put_verbatim(buf *out, const doc_block *b)
{
    buf_puts(out, "<h4>");
    html_text(out, b->title);
    buf_puts(out, "</h4>\n<div class=\"text\" dir=\"auto\">");
    put_fenced(out, b->text, b->n_text);
    buf_puts(out, "</div>\n");
}

static void put_code(buf *out, const doc_block *b)
{
    if (b->title[0] != '\0') {
        buf_puts(out, "<h4");
        html_anchor(out, b->anchor);
        buf_putc(out, '>');
        html_text(out, b->title);
        buf_puts(out, "</h4>\n");
    }
    buf_puts(out, "<div class=\"text\"><code>");
    escape_html(out, b->text, b->n_text);
    buf_puts(out, "</code></div>\n");
}

/* Every byte but letters, digits and few signs is a number. */
static void put_url_bytes(buf *out, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)bytes[i];
        if (isalnum(c) || (c != '\0' && strchr("-_.,", c) != NULL))
            buf_putc(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

/* The file is in the link, so that the page needs no other. */
static void put_download(buf *out, const doc_block *b)
{
    char size[32];
    buf_puts(out, "<p><a download=\"");
    html_text(out, b->title);
    buf_puts(out, "\" href=\"data:text/csv;charset=utf-8,");
    put_url_bytes(out, b->text, b->n_text);
    buf_puts(out, "\">");
    html_text(out, b->title);
    snprintf(size, sizeof size, "%.1f KiB", (double)b->n_text / 1024);
    buf_printf(out, "</a> (%s, in this page)</p>\n", size);
}

static void put_fold(buf *out, const doc_block *b)
{
    buf_puts(out, "<details><summary>");
    html_text(out, b->title);
    buf_puts(out, "</summary>\n<article");
    html_anchor(out, b->anchor);
    buf_puts(out, ">\n");
}

static void put_group(buf *out, const doc_block *b)
{
    buf_puts(out, "<details class=\"group\"><summary>");
    html_text(out, b->title);
    buf_puts(out, "</summary>\n");
}

static bool is_chart(const document *doc, size_t i)
{
    return i < doc->n_blocks && doc->blocks[i].kind == DOC_CHART;
}

static void put_block(buf *out, const document *doc, size_t i)
{
    const doc_block *const b = &doc->blocks[i];
    switch (b->kind) {
    case DOC_HEADING: put_heading(out, b); break;
    case DOC_BADGE: put_badge(out, b); break;
    case DOC_PARAGRAPH:
        buf_puts(out, "<p");
        html_anchor(out, b->anchor);
        buf_putc(out, '>');
        html_linked(out, b->text, b->links, b->n_links);
        buf_puts(out, "</p>\n");
        break;
    case DOC_REMARK:
        buf_printf(out, "<p class=\"warning %s\">", HTML_TONES[b->tone]);
        html_text(out, b->text);
        buf_puts(out, "</p>\n");
        break;
    case DOC_FACTS:
    case DOC_TILES: html_facts(out, b); break;
    case DOC_TABLE: html_table(out, b); break;
    case DOC_CHART: put_chart(out, b, i == 0 || !is_chart(doc, i - 1), !is_chart(doc, i + 1)); break;
    case DOC_DRAWING:
        buf_puts(out, "<figure class=\"drawing\">\n");
        buf_puts(out, b->text);
        buf_puts(out, "</figure>\n");
        break;
    case DOC_TEXT: put_verbatim(out, b); break;
    case DOC_CODE: put_code(out, b); break;
    case DOC_DOWNLOAD: put_download(out, b); break;
    case DOC_FOLD_BEGIN: put_fold(out, b); break;
    case DOC_FOLD_END: buf_puts(out, "</article>\n</details>\n"); break;
    case DOC_GROUP_BEGIN: put_group(out, b); break;
    case DOC_GROUP_END: buf_puts(out, "</details>\n"); break;
    }
}

/* Blocks from one heading of level 2 to the next are a section. */
void render_html(buf *out, const document *doc)
{
    if (!document_is_whole(doc, out))
        return;
    bool is_open = false, has_contents = false;
    for (size_t i = 0; i < doc->n_blocks; i++) {
        const doc_block *const b = &doc->blocks[i];
        if (!doc_is_on_pages(b))
            continue;
        if (b->kind == DOC_HEADING && b->level == 2) {
            if (!has_contents)
                put_contents(out, doc, b->anchor != NULL ? b->anchor : "");
            buf_puts(out, is_open ? "</section>\n<section>\n" : "<section>\n");
            is_open = has_contents = true;
        }
        put_block(out, doc, i);
    }
    buf_puts(out, is_open ? "</section>\n" : "");
}
