/* html_page.c - head, body, script. */
#include "report/html_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/rng.h"
#include "report/render.h"

enum { NONCE_BYTES = 40 };

static void put_policy(buf *out, const char *nonce)
{
    buf_puts(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    if (nonce != NULL)
        buf_printf(out, "script-src 'nonce-%s'; ", nonce);
    buf_puts(out, "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n");
}

static void put_head(buf *out, const html_page *page, const char *nonce)
{
    buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    put_policy(out, nonce);
    buf_puts(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    escape_html(out, page->title, strlen(page->title));
    buf_puts(out, "</title>\n<style>\n");
    buf_append(out, (const char *)page->style, page->n_style);
    buf_puts(out, "</style>\n</head>\n<body>\n<main>\n");
}

void html_page_put(buf *out, const html_page *page, const document *doc, const sw_entropy *entropy)
{
    char nonce[NONCE_BYTES];
    const uint64_t high = entropy_next(entropy);
    snprintf(nonce, sizeof nonce, "%016" PRIx64 "%016" PRIx64, high, entropy_next(entropy));
    put_head(out, page, page->script != NULL ? nonce : NULL);
    render_html(out, doc);
    buf_puts(out, "</main>\n");
    if (page->script != NULL) {
        buf_printf(out, "<script nonce=\"%s\">\n", nonce);
        buf_append(out, (const char *)page->script, page->n_script);
        buf_puts(out, "</script>\n");
    }
    buf_puts(out, "</body>\n</html>\n");
}
