/* report.c - the sections of a run as text and Markdown, and the reports in its folder. */
#include "report/report.h"

#include "base/file.h"
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

/* Writes the buffer to dir/name and frees it. */
static sw_code put_file(buf *content, sw_code code, const char *dir, const char *name, sw_err *err)
{
    buf path;
    buf_init(&path, 65536);
    buf_printf(&path, "%s/%s", dir, name);
    if (code == SW_OK && (content->failed != SW_OK || path.failed != SW_OK))
        code = sw_fail(err, content->failed != SW_OK ? content->failed : path.failed, "%s is too large", name);
    if (code == SW_OK)
        code = file_put(buf_str(&path), buf_str(content), content->size, err);
    buf_free(&path);
    buf_free(content);
    return code;
}

sw_code report_write(const run_analysis *analysis, const char *dir, const sw_entropy *entropy, sw_err *err)
{
    buf content;
    buf_init(&content, REPORT_BYTES_MAX);
    report_markdown(&content, analysis);
    sw_code code = put_file(&content, SW_OK, dir, "report.md", err);
    if (code != SW_OK)
        return code;
    buf_init(&content, REPORT_BYTES_MAX);
    code = report_html(&content, analysis, entropy, err);
    return put_file(&content, code, dir, "report.html", err);
}
