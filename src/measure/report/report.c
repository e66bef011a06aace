/* report.c - the sections of a run as text and Markdown, and the reports in its folder. */
#include "report/report.h"

#include "base/folder.h"
#include "report/render.h"
#include "report/sections/sections.h"

void report_text(buf *out, const run_analysis *analysis, int width)
{
    document doc;
    document_init(&doc);
    sections_all(&doc, analysis);
    render_text(out, &doc, width);
    document_free(&doc);
}

void report_markdown(buf *out, const run_analysis *analysis)
{
    document doc;
    document_init(&doc);
    sections_all(&doc, analysis);
    render_markdown(out, &doc);
    document_free(&doc);
}

sw_code report_write(const run_analysis *analysis, const char *dir, const sw_entropy *entropy, sw_err *err)
{
    buf content;
    buf_init(&content, REPORT_BYTES_MAX);
    report_markdown(&content, analysis);
    sw_code code = folder_put(dir, "report.md", &content, err);
    buf_clear(&content);
    if (code == SW_OK)
        code = report_html(&content, analysis, entropy, err);
    if (code == SW_OK)
        code = folder_put(dir, "report.html", &content, err);
    buf_free(&content);
    return code;
}
