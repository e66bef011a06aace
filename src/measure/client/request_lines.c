/* request_lines.c - lists that curl refers to but does not own. */
#include "client/request_lines.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/rng.h"

/* Writes the header line of the key; an empty line if there is no key. */
static sw_code put_key_header(buf *out, const char *api_key, sw_err *err)
{
    if (api_key == NULL)
        return SW_OK;
    for (const char *p = api_key; *p != '\0'; p++) {
        if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
            return sw_fail(err, SW_EINVAL, "the API key has a character that is not allowed in an HTTP header");
    }
    buf_printf(out, "Authorization: Bearer %s", api_key);
    return out->failed == SW_OK ? SW_OK : sw_fail(err, SW_EINVAL, "the API key is too long");
}

/* Appends to a list, which is NULL (memory) for good after the first failure. */
static struct curl_slist *append(struct curl_slist *list, const char *line)
{
    struct curl_slist *const longer = list != NULL ? curl_slist_append(list, line) : NULL;
    if (longer == NULL)
        curl_slist_free_all(list);
    return longer;
}

/* The lines of a request, in a list that curl refers to but does not own.  NULL when memory is short. */
static struct curl_slist *header_list(const char *first, const char *key_header)
{
    struct curl_slist *list = curl_slist_append(NULL, first);
    list = append(list, "Expect:"); // no round trip before the body
    return key_header[0] != '\0' ? append(list, key_header) : list;
}

/* What asks for an upgrade.  The empty Transfer-Encoding keeps curl from announcing a body: what follows are frames.
 * The key is any 16 bytes in base64; the server's answer to it is not compared, since its frames are read strictly. */
static struct curl_slist *ws_header_list(const char *key_header)
{
    static const char *const LINES[] = {"Upgrade: websocket", "Sec-WebSocket-Version: 13", "Transfer-Encoding:"};
    char nonce[64];
    snprintf(nonce, sizeof nonce, "Sec-WebSocket-Key: %016" PRIx64 "abcdeA==", entropy_next(NULL));
    struct curl_slist *list = append(header_list("Connection: Upgrade", key_header), nonce);
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++)
        list = append(list, LINES[i]);
    return list;
}

sw_code request_lines_make(request_lines *lines, const char *api_key, sw_err *err)
{
    *lines = (request_lines){0};
    buf key;
    buf_init(&key, LIMIT_HTTP_HEADER_BYTES);
    sw_code code = put_key_header(&key, api_key, err);
    if (code == SW_OK) {
        lines->get = header_list("Accept: */*", buf_str(&key));
        lines->post = header_list("Content-Type: application/json", buf_str(&key));
        lines->ws = ws_header_list(buf_str(&key));
        if (lines->get == NULL || lines->post == NULL || lines->ws == NULL)
            code = sw_fail(err, SW_ENOMEM, "out of memory preparing requests");
    }
    buf_free(&key);
    return code;
}

void request_lines_free(request_lines *lines)
{
    curl_slist_free_all(lines->get);
    curl_slist_free_all(lines->post);
    curl_slist_free_all(lines->ws);
    *lines = (request_lines){0};
}
