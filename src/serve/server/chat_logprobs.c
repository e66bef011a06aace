#include "server/chat_logprobs.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

/* n_bytes of text follow, then n_top tokens of the same kind (without any of their own). */
typedef struct packed_token {
    float logprob;
    int n_top;
    size_t n_bytes;
} packed_token;

static void pack_token(buf *out, const sw_token_logprob *t, int n_top)
{
    const packed_token token = {.logprob = t->logprob, .n_top = n_top, .n_bytes = t->n_bytes};
    buf_append(out, &token, sizeof token);
    buf_append(out, t->text, t->n_bytes);
}

void logprobs_pack(buf *out, const sw_logprobs *logprobs)
{
    pack_token(out, &logprobs->sampled, logprobs->n_top);
    for (int i = 0; i < logprobs->n_top; i++)
        pack_token(out, &logprobs->top[i], 0);
}

/* Bytes as valid UTF-8: what is none becomes U+FFFD. */
static json_t *lossy_string(const char *s, size_t n)
{
    buf text;
    buf_init(&text, LIMIT_ANSWER_BYTES);
    for (size_t pos = 0; pos < n;) {
        uint32_t cp;
        const int length = utf8_decode((const uint8_t *)s + pos, n - pos, &cp);
        if (length > 0)
            buf_append(&text, s + pos, (size_t)length);
        else
            buf_puts(&text, "\xef\xbf\xbd");
        pos += length > 0 ? (size_t)length : 1;
    }
    json_t *const string = text.failed == SW_OK ? json_stringn(buf_str(&text), text.size) : NULL;
    buf_free(&text);
    return string;
}

/* Reads one token, without its alternatives. */
static json_t *token_json(const char **pos, int *n_top_out)
{
    packed_token t;
    memcpy(&t, *pos, sizeof t);
    const char *const text = *pos + sizeof t;
    *pos = text + t.n_bytes;
    *n_top_out = t.n_top;
    json_t *const bytes = json_array();
    for (size_t i = 0; i < t.n_bytes; i++)
        json_array_append_new(bytes, json_integer((unsigned char)text[i]));
    return json_pack("{s:o, s:o, s:o}", "token", lossy_string(text, t.n_bytes), "logprob",
                     json_real(round((double)t.logprob * 1e6) / 1e6), "bytes", bytes);
}

json_t *logprobs_json(const char *packed, size_t n)
{
    json_t *const content = json_array();
    const char *pos = packed;
    while (pos < packed + n) {
        int n_top, unused;
        json_t *const token = token_json(&pos, &n_top);
        json_t *const top = json_array();
        for (int i = 0; i < n_top; i++)
            json_array_append_new(top, token_json(&pos, &unused));
        json_object_set_new(token, "top_logprobs", top);
        json_array_append_new(content, token);
    }
    assert(pos == packed + n);
    return json_pack("{s:o, s:n}", "content", content, "refusal");
}
