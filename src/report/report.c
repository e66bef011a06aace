#include "report/report.h"

#include "base/file.h"

/* Writes the buffer to dir/name and frees it. */
static sw_code put_file(sw_buf *content, sw_code code, const char *dir, const char *name, sw_err *err)
{
    sw_buf path;
    sw_buf_init(&path, 65536);
    sw_buf_printf(&path, "%s/%s", dir, name);
    if (code == SW_OK && (content->failed != SW_OK || path.failed != SW_OK))
        code = sw_fail(err, content->failed != SW_OK ? content->failed : path.failed, "%s is too large", name);
    if (code == SW_OK)
        code = sw_file_put(sw_buf_str(&path), sw_buf_str(content), content->size, err);
    sw_buf_free(&path);
    sw_buf_free(content);
    return code;
}

sw_code sw_report_write(const sw_run *run, const sw_summary *summary, const char *dir, sw_err *err)
{
    sw_buf content;
    sw_buf_init(&content, SW_REPORT_BYTES_MAX);
    sw_report_markdown(&content, run, summary);
    sw_code code = put_file(&content, SW_OK, dir, "report.md", err);
    if (code != SW_OK)
        return code;
    sw_buf_init(&content, SW_REPORT_BYTES_MAX);
    code = sw_report_html(&content, run, summary, err);
    return put_file(&content, code, dir, "report.html", err);
}
