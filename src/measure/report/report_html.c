/* report_html.c - the page of a run: script and data are inside. */
#include <inttypes.h>
#include <stdio.h>

#include "base/rng.h"
#include "report/page.h"
#include "report/render.h"
#include "report/report.h"
#include "report/sections/sections.h"

extern const unsigned char embedded_web_dist_report_js[];
extern const size_t embedded_web_dist_report_js_size;

enum { TITLE_BYTES_MAX = 65536 };

sw_code report_html(buf *out, const run_analysis *analysis, const sw_entropy *entropy, sw_err *err)
{
    char nonce[40];
    const uint64_t high = entropy_next(entropy);
    snprintf(nonce, sizeof nonce, "%016" PRIx64 "%016" PRIx64, high, entropy_next(entropy));
    document doc;
    document_init(&doc);
    sections_all(&doc, analysis);
    buf title;
    buf_init(&title, TITLE_BYTES_MAX);
    headline_put(&title, analysis);
    page_begin(out, buf_str(&title), nonce);
    buf_free_part(&title, out);
    render_html(out, &doc);
    document_free(&doc);
    buf_printf(out, "</main>\n<script type=\"application/json\" id=\"data\" nonce=\"%s\">", nonce);
    const sw_code code = report_chart_data(out, analysis, err);
    if (code != SW_OK)
        return code;
    buf_printf(out, "</script>\n<script nonce=\"%s\">\n", nonce);
    buf_append(out, embedded_web_dist_report_js, embedded_web_dist_report_js_size);
    buf_puts(out, "</script>\n</body>\n</html>\n");
    return out->failed == SW_OK ? SW_OK : sw_fail(err, out->failed, "the report is too large");
}
