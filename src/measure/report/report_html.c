/* report_html.c - the page around a document: style, script and data are inside.
 *
 * The page fetches nothing: its content security policy forbids it, and allows only scripts with the page's random
 * number (nonce), which no model's answer can contain.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/rng.h"
#include "report/render.h"
#include "report/report.h"
#include "report/sections/sections.h"

extern const unsigned char embedded_web_dist_report_js[];
extern const size_t embedded_web_dist_report_js_size;
extern const unsigned char embedded_web_dist_report_css[];
extern const size_t embedded_web_dist_report_css_size;

enum { TITLE_BYTES_MAX = 65536 };

static void put_title(buf *out, const run_analysis *a)
{
    buf title;
    buf_init(&title, TITLE_BYTES_MAX);
    headline_put(&title, a);
    escape_html(out, buf_str(&title), title.size);
    buf_free_part(&title, out);
}

/* Up to <body>.  Styles are inline, since the page is one file; the policy allows nothing else but the page's own
 * scripts. */
static void put_head(buf *out, const run_analysis *a, const char *nonce)
{
    buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    buf_printf(out,
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'nonce-%s'; "
               "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n",
               nonce);
    buf_puts(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    put_title(out, a);
    buf_puts(out, "</title>\n<style>\n");
    buf_append(out, embedded_web_dist_report_css, embedded_web_dist_report_css_size);
    buf_puts(out, "</style>\n</head>\n<body>\n<main>\n");
}

sw_code report_html(buf *out, const run_analysis *analysis, const sw_entropy *entropy, sw_err *err)
{
    char nonce[40];
    const uint64_t high = entropy_next(entropy);
    snprintf(nonce, sizeof nonce, "%016" PRIx64 "%016" PRIx64, high, entropy_next(entropy));
    document doc;
    document_init(&doc);
    sections_all(&doc, analysis);
    put_head(out, analysis, nonce);
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
