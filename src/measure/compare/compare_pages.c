/* compare_pages.c - the pages of a trend and of a comparison: their documents in the style of web/src/trend.css. */
#include "compare/comparison_report.h"
#include "compare/trend_report.h"
#include "report/page.h"

extern const unsigned char embedded_web_dist_trend_js[];
extern const size_t embedded_web_dist_trend_js_size;
extern const unsigned char embedded_web_dist_trend_css[];
extern const size_t embedded_web_dist_trend_css_size;

static sw_code put_page(buf *out, const char *title, const document *doc, const sw_entropy *entropy, sw_err *err)
{
    const page_bundle style = {embedded_web_dist_trend_css, embedded_web_dist_trend_css_size},
                      script = {embedded_web_dist_trend_js, embedded_web_dist_trend_js_size};
    page_put(out, title, doc, style, script, entropy);
    return out->failed == SW_OK ? SW_OK : sw_fail(err, out->failed, "the page is too large");
}

sw_code trend_html(buf *out, const run_trend *t, const char *knob, const sw_entropy *entropy, sw_err *err)
{
    document doc;
    document_init(&doc);
    trend_document(&doc, t, knob);
    const sw_code code = put_page(out, "Trend of benchmark runs", &doc, entropy, err);
    document_free(&doc);
    return code;
}

sw_code comparison_html(buf *out, const comparison *c, comparison_names names, const sw_entropy *entropy, sw_err *err)
{
    document doc;
    document_init(&doc);
    comparison_document(&doc, c, names);
    const sw_code code = put_page(out, "Comparison of benchmark runs", &doc, entropy, err);
    document_free(&doc);
    return code;
}
