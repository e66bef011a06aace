/* page.c - the head of a page with its styles, and its end with data and script. */
#include "report/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/rng.h"
#include "report/render.h"

extern const unsigned char embedded_web_dist_report_css[];
extern const size_t embedded_web_dist_report_css_size;

page_bundle page_report_style(void)
{
    return (page_bundle){embedded_web_dist_report_css, embedded_web_dist_report_css_size};
}

void page_nonce(char nonce[PAGE_NONCE_BYTES], const sw_entropy *entropy)
{
    const uint64_t high = entropy_next(entropy);
    snprintf(nonce, PAGE_NONCE_BYTES, "%016" PRIx64 "%016" PRIx64, high, entropy_next(entropy));
}

/* Styles are inline, since the page is one file. */
static void put_policy(buf *out, const char *nonce)
{
    buf_puts(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    if (nonce != NULL)
        buf_printf(out, "script-src 'nonce-%s'; ", nonce);
    buf_puts(out, "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n");
}

void page_begin(buf *out, const char *title, page_bundle style, const char *nonce)
{
    buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    put_policy(out, nonce);
    buf_puts(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    escape_html(out, title, strlen(title));
    buf_puts(out, " - spillway</title>\n<style>\n");
    buf_append(out, style.data, style.n);
    buf_puts(out, "</style>\n</head>\n<body>\n<main>\n");
}

void page_end(buf *out)
{
    buf_puts(out, "</main>\n</body>\n</html>\n");
}

void page_end_with_script(buf *out, const char *nonce, const buf *data, page_bundle script)
{
    buf_puts(out, "</main>\n");
    if (data != NULL) {
        buf_printf(out, "<script type=\"application/json\" id=\"data\" nonce=\"%s\">", nonce);
        buf_append(out, buf_str(data), data->size);
        buf_puts(out, "</script>\n");
    }
    buf_printf(out, "<script nonce=\"%s\">\n", nonce);
    buf_append(out, script.data, script.n);
    buf_puts(out, "</script>\n</body>\n</html>\n");
}

void page_put(buf *out, const char *title, const document *doc, page_bundle style, page_bundle script,
              const sw_entropy *entropy)
{
    char nonce[PAGE_NONCE_BYTES];
    page_nonce(nonce, entropy);
    page_begin(out, title, style, nonce);
    render_html(out, doc);
    page_end_with_script(out, nonce, /*data=*/NULL, script);
}
