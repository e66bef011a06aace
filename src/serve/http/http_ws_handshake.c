/* http_ws_handshake.c - from a request to a WebSocket (RFC 6455, section 4.2).
 *
 * Host, Origin, route and key are checked before, as for every request: a browser lets any page open a WebSocket, so
 * that the check of Origin is all that keeps pages out.
 */
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <string.h>

#include "http/http_conn.h"
#include "http/http_problem.h"

enum {
    KEY_BYTES = 16,
    KEY_CHARS = BASE64_ENCODE_RAW_LENGTH(KEY_BYTES),
    ACCEPT_CHARS = BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE),
};

bool http_ws_is_upgrade(const http_conn *c)
{
    return strcmp(c->request.method, "GET") == 0 && !c->head.is_http10 &&
           http_head_list_has(http_header(c, "connection"), "upgrade") &&
           http_head_list_has(http_header(c, "upgrade"), "websocket");
}

static bool is_key(const char *text)
{
    uint8_t key[BASE64_DECODE_LENGTH(KEY_CHARS)];
    size_t n = 0;
    struct base64_decode_ctx decoder;
    if (text == NULL || strlen(text) != KEY_CHARS)
        return false;
    base64_decode_init(&decoder);
    return base64_decode_update(&decoder, &n, key, KEY_CHARS, text) == 1 && base64_decode_final(&decoder) == 1 &&
           n == KEY_BYTES;
}

static bool check_form(http_conn *c)
{
    const char *const version = http_header(c, "sec-websocket-version");
    if (!http_ws_is_upgrade(c))
        return http_problem_set(&c->problem, HTTP_UPGRADE_REQUIRED,
                                "%.200s is a WebSocket: GET it over HTTP/1.1 with Connection: Upgrade and "
                                "Upgrade: websocket",
                                c->request.path);
    if (version == NULL || strcmp(version, "13") != 0)
        return http_problem_set(&c->problem, HTTP_UPGRADE_REQUIRED,
                                "Sec-WebSocket-Version is '%.40s'; only 13 is served", version != NULL ? version : "");
    return is_key(http_header(c, "sec-websocket-key")) ||
           http_problem_set(&c->problem, HTTP_BAD_HEAD, "Sec-WebSocket-Key is not 16 bytes in base64");
}

bool http_ws_check(http_conn *c)
{
    if (check_form(c))
        return true;
    http_reply_problem(c);
    return false;
}

/* Returns true if a comma-separated list has the word, in the same case. */
static bool offers(const char *list, const char *word)
{
    while (*list != '\0') {
        list += strspn(list, ", \t");
        const size_t n = strcspn(list, ", \t");
        if (n > 0 && n == strlen(word) && memcmp(list, word, n) == 0)
            return true;
        list += n;
    }
    return false;
}

const char *http_ws_subprotocol(const http_conn *c, const char *const *known)
{
    const char *const offered = http_header(c, "sec-websocket-protocol");
    for (; offered != NULL && *known != NULL; known++) {
        if (offers(offered, *known))
            return *known;
    }
    return NULL;
}

/* The proof that the server speaks the protocol: the key and a fixed text, hashed. */
static void write_accept(char out[ACCEPT_CHARS + 1], const char *key)
{
    static const char TEXT[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t digest[SHA1_DIGEST_SIZE];
    struct sha1_ctx sha1;
    sha1_init(&sha1);
    sha1_update(&sha1, strlen(key), (const uint8_t *)key);
    sha1_update(&sha1, sizeof TEXT - 1, (const uint8_t *)TEXT);
    sha1_digest(&sha1, sizeof digest, digest);
    base64_encode_raw(out, sizeof digest, digest);
    out[ACCEPT_CHARS] = '\0';
}

void http_ws_accept(http_conn *c, const char *subprotocol, const http_ws_owner *functions, void *owner)
{
    char proof[ACCEPT_CHARS + 1];
    write_accept(proof, http_header(c, "sec-websocket-key"));
    c->close_after = true; // it is never HTTP again
    http_head_begin(c, 101);
    http_head_add(c, "upgrade", "websocket");
    http_head_add(c, "sec-websocket-accept", proof);
    if (subprotocol != NULL)
        http_head_add(c, "sec-websocket-protocol", subprotocol);
    http_head_end(c);
    c->is_ws = true;
    c->ws = (http_ws){.functions = functions, .ping_ns = http_now(c->server)};
    ws_frames_init(&c->ws.frames);
    buf_init(&c->early, HTTP_READ_BYTES);
    http_hand_over(c, &functions->responder, owner);
    http_conn_enter(c, HTTP_PHASE_WEBSOCKET, 0);
}
