/* address.c - curl's own parser decides what a URL is. */
#include "client/address.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

enum { URL_BYTES_MAX = 4000 };

/* An address or name that never leaves this machine ("127.evil.example" is a name, and does). */
static bool is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (strncmp(host, "127.", 4) == 0 && host[strspn(host, "0123456789.")] == '\0');
}

/* Appends the URL with its scheme, and without what every request adds: people paste addresses of both kinds. */
static void put_base(buf *out, const char *url)
{
    static const char *const ENDS[] = {"/chat/completions", "/v1"};
    if (strstr(url, "://") == NULL)
        buf_puts(out, "http://");
    buf_puts(out, url);
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0] && out->failed == SW_OK; i++) {
        while (out->size > 0 && out->data[out->size - 1] == '/')
            out->data[--out->size] = '\0';
        const size_t n_end = strlen(ENDS[i]);
        if (out->size >= n_end && strcmp(out->data + out->size - n_end, ENDS[i]) == 0)
            out->data[out->size -= n_end] = '\0';
    }
}

/* Returns true if `url` is that of a server; *is_local_out and *port_out are then set. */
static bool read_url(const char *url, bool *is_local_out, int *port_out)
{
    CURLU *const u = curl_url();
    char *scheme = NULL, *host = NULL, *port = NULL;
    const bool ok = u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
                    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                    (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    if (ok) {
        *is_local_out = is_loopback(host);
        *port_out = (int)strtol(port, NULL, 10);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(u);
    return ok;
}

sw_code address_read(const char *url, char **base_out, int *local_port_out, sw_err *err)
{
    *base_out = NULL;
    buf base;
    buf_init(&base, URL_BYTES_MAX);
    put_base(&base, url);
    bool is_local = false;
    int port = 0;
    sw_code code = SW_OK;
    if (base.failed == SW_ENOMEM)
        code = sw_fail(err, SW_ENOMEM, "out of memory reading an address");
    else if (base.failed != SW_OK || !read_url(buf_str(&base), &is_local, &port))
        code = sw_fail(err, SW_EINVAL, "'%.200s' is not a server address; write it like http://127.0.0.1:11435", url);
    else if ((*base_out = buf_take(&base)) == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory reading an address");
    *local_port_out = is_local ? port : 0;
    buf_free(&base);
    return code;
}
