/* page.c - the head of a page, with the styles of web/src/report.css inside. */
#include "report/page.h"

#include <string.h>

#include "base/escape.h"

extern const unsigned char embedded_web_dist_report_css[];
extern const size_t embedded_web_dist_report_css_size;

/* Styles are inline, since the page is one file. */
static void put_policy(buf *out, const char *nonce)
{
    buf_puts(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    if (nonce != NULL)
        buf_printf(out, "script-src 'nonce-%s'; ", nonce);
    buf_puts(out, "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n");
}

void page_begin(buf *out, const char *title, const char *nonce)
{
    buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    put_policy(out, nonce);
    buf_puts(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    escape_html(out, title, strlen(title));
    buf_puts(out, " - spillway</title>\n<style>\n");
    buf_append(out, embedded_web_dist_report_css, embedded_web_dist_report_css_size);
    buf_puts(out, "</style>\n</head>\n<body>\n<main>\n");
}

void page_end(buf *out)
{
    buf_puts(out, "</main>\n</body>\n</html>\n");
}
