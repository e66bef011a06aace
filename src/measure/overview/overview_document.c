/* overview_document.c - the parts in their order, and the forms that are made of them. */
#include <stdio.h>

#include "base/folder.h"
#include "overview/overview_report.h"
#include "overview/overview_sections.h"
#include "report/format.h"
#include "report/page.h"
#include "report/render.h"
#include "report/report.h"

static void put_title(char out[CELL_BYTES], const overview *o)
{
    snprintf(out, CELL_BYTES, "%zu benchmark run%s side by side", o->n_runs, o->n_runs == 1 ? "" : "s");
}

static void put_head(document *doc, const overview *o)
{
    char title[CELL_BYTES], first[CELL_BYTES], last[CELL_BYTES];
    int64_t earliest = 0, latest = 0;
    for (size_t i = 0; i < o->n_runs; i++) {
        const int64_t t = o->runs[i].started_unix_ms;
        earliest = i == 0 || t < earliest ? t : earliest;
        latest = i == 0 || t > latest ? t : latest;
    }
    format_time(first, earliest);
    format_time(last, latest);
    put_title(title, o);
    doc_heading(doc, 1, NULL, title);
    doc_paragraph(doc, "Started from %s to %s.", first, last);
    for (size_t i = 0; i < o->n_lost; i++)
        doc_remark(doc, TONE_BAD, "%s was left out: %s", o->lost[i].name, o->lost[i].why);
}

void overview_document(document *doc, const overview *o)
{
    put_head(doc, o);
    overview_section_summary(doc, o);
    overview_section_models(doc, o);
    overview_section_conditions(doc, o);
    overview_section_metrics(doc, o);
    doc->audience = FOR_PAGES;
    overview_section_tests(doc, o);
    overview_section_verdicts(doc, o);
    overview_section_preservation(doc, o);
    overview_section_reviews(doc, o);
    overview_section_experts(doc, o);
    overview_section_runs(doc, o);
    overview_section_limits(doc);
}

void overview_text(buf *out, const overview *o, int width)
{
    document doc;
    document_init(&doc);
    overview_document(&doc, o);
    render_text(out, &doc, width);
    document_free(&doc);
}

void overview_markdown(buf *out, const overview *o)
{
    document doc;
    document_init(&doc);
    overview_document(&doc, o);
    render_markdown(out, &doc);
    document_free(&doc);
}

void overview_html(buf *out, const overview *o)
{
    char title[CELL_BYTES];
    document doc;
    document_init(&doc);
    overview_document(&doc, o);
    put_title(title, o);
    page_begin(out, title, page_report_style(), NULL);
    render_html(out, &doc);
    page_end(out);
    document_free(&doc);
}

sw_code overview_write(const overview *o, const char *dir, sw_err *err)
{
    buf content;
    buf_init(&content, REPORT_BYTES_MAX);
    overview_markdown(&content, o);
    sw_code code = folder_put(dir, "overview.md", &content, err);
    buf_clear(&content);
    overview_html(&content, o);
    if (code == SW_OK)
        code = folder_put(dir, "overview.html", &content, err);
    buf_free(&content);
    return code;
}
