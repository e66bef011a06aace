/* report_html.c - the page of a run: script and data are inside. */
#include "report/page.h"
#include "report/render.h"
#include "report/report.h"
#include "report/sections/sections.h"

extern const unsigned char embedded_web_dist_report_js[];
extern const size_t embedded_web_dist_report_js_size;

enum { TITLE_BYTES_MAX = 65536 };

static void put_title(buf *out, const run_analysis *analysis, const char *nonce)
{
    buf title;
    buf_init(&title, TITLE_BYTES_MAX);
    headline_put(&title, analysis);
    page_begin(out, buf_str(&title), page_report_style(), nonce);
    buf_free_part(&title, out);
}

sw_code report_html(buf *out, const run_analysis *analysis, const sw_entropy *entropy, sw_err *err)
{
    char nonce[PAGE_NONCE_BYTES];
    document doc;
    buf data;
    buf_init(&data, out->max);
    document_init(&doc);
    page_nonce(nonce, entropy);
    sections_all(&doc, analysis);
    put_title(out, analysis, nonce);
    render_html(out, &doc);
    document_free(&doc);
    const sw_code code = report_chart_data(&data, analysis, err);
    page_end_with_script(out, nonce, &data,
                         (page_bundle){embedded_web_dist_report_js, embedded_web_dist_report_js_size});
    buf_free_part(&data, out);
    return code != SW_OK || out->failed == SW_OK ? code : sw_fail(err, out->failed, "the report is too large");
}
