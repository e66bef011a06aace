/* markdown.c - one pass over the lines, with the open fence as its only state. */
#include "quality/markdown.h"

#include <ctype.h>
#include <string.h>

typedef struct reader {
    markdown *out;
    char fence;      // the character of the open fence; 0: none
    size_t n_fence;  // how many of them
    int indentation; // of the open fence
    char *code_end;  // where the text of code continues; one piece of memory holds that of all blocks
} reader;

static size_t count_run(const char *s, size_t n, char c)
{
    size_t count = 0;
    while (count < n && s[count] == c)
        count++;
    return count;
}

static void trim(md_line *l)
{
    while (l->n > 0 && isspace((unsigned char)l->text[l->n - 1]))
        l->n--;
    while (l->n > 0 && isspace((unsigned char)l->text[0]))
        l->text++, l->n--;
}

static void skip(md_line *l, size_t n)
{
    l->text += n;
    l->n -= n;
    trim(l);
}

/* "1.", "1)", "-", "*", "+", "•" before a blank. */
static bool take_item(md_line *l)
{
    static const char BULLET[] = "\xe2\x80\xa2";
    size_t n = 0;
    while (n < l->n && n < 4 && isdigit((unsigned char)l->text[n]))
        n++;
    if (n > 0 && n + 1 < l->n && (l->text[n] == '.' || l->text[n] == ')') && l->text[n + 1] == ' ') {
        l->number = 0;
        for (size_t i = 0; i < n; i++)
            l->number = 10 * l->number + (l->text[i] - '0');
        skip(l, n + 1);
        return true;
    }
    if (l->n > 1 && strchr("-*+", l->text[0]) != NULL && l->text[1] == ' ') {
        skip(l, 1);
        return true;
    }
    if (l->n > 3 && memcmp(l->text, BULLET, 3) == 0) {
        skip(l, 3);
        return true;
    }
    return false;
}

/* Returns true if the line is three or more of one of "-*_" and nothing else. */
static bool is_rule(const md_line *l)
{
    return l->n >= 3 && strchr("-*_", l->text[0]) != NULL && count_run(l->text, l->n, l->text[0]) == l->n;
}

static bool is_row_rule(const md_line *l)
{
    return memchr(l->text, '-', l->n) != NULL && strspn(l->text, "|-: \t") >= l->n;
}

static bool is_bold(const md_line *l)
{
    const char *const end = l->text + l->n;
    if (l->n < 5 || l->n > 100 || memcmp(l->text, "**", 2) != 0)
        return false;
    const bool has_colon = end[-1] == ':';
    const char *const close = end - (has_colon ? 3 : 2);
    if (memcmp(close, "**", 2) != 0 || close < l->text + 3)
        return false;
    for (const char *p = l->text + 2; p < close; p++) {
        if (*p == '*')
            return false;
    }
    return true;
}

static void classify(md_line *l)
{
    const size_t n_hashes = count_run(l->text, l->n, '#');
    if (l->n == 0) {
        l->kind = MD_BLANK;
    } else if (n_hashes >= 1 && n_hashes <= 6 && n_hashes < l->n && l->text[n_hashes] == ' ') {
        l->kind = MD_HEADING;
        l->level = (int)n_hashes;
        skip(l, n_hashes);
    } else if (is_rule(l)) {
        l->kind = MD_RULE;
    } else if (l->text[0] == '|' && l->n > 1) {
        l->kind = is_row_rule(l) ? MD_ROW_RULE : MD_ROW;
    } else if (is_bold(l)) {
        l->kind = MD_HEADING;
        l->level = 0;
    } else if (take_item(l)) {
        l->kind = MD_ITEM;
    }
}

static void open_code(reader *r, md_line *l, char fence, size_t n_fence)
{
    md_code *const code = &r->out->codes[r->out->n_codes++];
    r->fence = fence;
    r->n_fence = n_fence;
    r->indentation = l->level;
    l->kind = MD_FENCE;
    skip(l, n_fence);
    code->language = l->text;
    code->n_language = 0;
    while (code->n_language < l->n && !isspace((unsigned char)l->text[code->n_language]))
        code->n_language++;
    code->text = r->code_end;
}

static void continue_code(reader *r, md_line *l, const char *whole, size_t n_whole)
{
    md_code *const code = &r->out->codes[r->out->n_codes - 1];
    const size_t n_fence = count_run(l->text, l->n, r->fence);
    if (n_fence >= r->n_fence && n_fence == l->n) {
        l->kind = MD_FENCE;
        code->is_closed = true;
        r->fence = 0;
        return;
    }
    l->kind = MD_CODE;
    const size_t n_blanks = count_run(whole, n_whole, ' ');
    const size_t n_cut = n_blanks < (size_t)r->indentation ? n_blanks : (size_t)r->indentation;
    memcpy(r->code_end, whole + n_cut, n_whole - n_cut);
    r->code_end += n_whole - n_cut;
    *r->code_end++ = '\n';
    code->n = (size_t)(r->code_end - code->text);
}

static int indentation_of(const char *s, size_t n)
{
    int columns = 0;
    for (size_t i = 0; i < n && (s[i] == ' ' || s[i] == '\t') && columns < 1000; i++)
        columns += s[i] == '\t' ? 4 : 1;
    return columns;
}

static void take_line(reader *r, const char *whole, size_t n)
{
    md_line *const l = &r->out->lines[r->out->n++];
    *l = (md_line){.text = whole, .n = n, .kind = MD_TEXT, .level = indentation_of(whole, n), .number = -1};
    trim(l);
    if (r->fence != 0) {
        continue_code(r, l, whole, n);
        return;
    }
    const char first = l->n > 0 ? l->text[0] : '\0';
    const size_t n_fence = first == '`' || first == '~' ? count_run(l->text, l->n, first) : 0;
    if (n_fence >= 3 && memchr(l->text + n_fence, first, l->n - n_fence) == NULL)
        open_code(r, l, first, n_fence);
    else
        classify(l);
}

bool markdown_read(markdown *out, const char *text, size_t n, arena *keep)
{
    size_t n_lines = 1;
    for (size_t i = 0; i < n; i++)
        n_lines += text[i] == '\n';
    *out = (markdown){.lines = arena_alloc(keep, n_lines * sizeof *out->lines),
                      .codes = arena_alloc(keep, n_lines * sizeof *out->codes)};
    reader r = {.out = out, .code_end = arena_alloc(keep, n + n_lines + 1)};
    if (out->lines == NULL || out->codes == NULL || r.code_end == NULL)
        return false;
    for (size_t start = 0; start < n;) {
        const char *const newline = memchr(text + start, '\n', n - start);
        const size_t length = newline != NULL ? (size_t)(newline - (text + start)) : n - start;
        take_line(&r, text + start, length);
        start += length + 1;
    }
    return true;
}

size_t markdown_count_cells(const md_line *row)
{
    size_t n_pipes = 0;
    for (size_t i = 0; i < row->n; i++)
        n_pipes += row->text[i] == '|' && (i == 0 || row->text[i - 1] != '\\');
    const bool is_closed = row->n > 1 && row->text[row->n - 1] == '|';
    return n_pipes + 1 - (row->n > 0 && row->text[0] == '|') - is_closed;
}
