/* openai_logprobs.c - a token's text as a string, and its bytes beside it, since a token need not be whole characters.
 */
#include "dialects/openai_logprobs.h"

#include <math.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "json/json_out.h"

/* s[0..n) as valid UTF-8: a byte that belongs to no character becomes U+FFFD. */
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

/* One token, without its alternatives.  Six decimals are all that a float's logarithm is good for. */
static json_t *token_json(const sw_token_logprob *t, bool with_id)
{
    json_t *bytes = json_array();
    for (size_t i = 0; i < t->n_bytes; i++)
        json_push(&bytes, json_integer((unsigned char)t->text[i]));
    json_t *token = json_pack("{s:o, s:o, s:o}", "token", lossy_string(t->text, t->n_bytes), "logprob",
                              json_real(round((double)t->logprob * 1e6) / 1e6), "bytes", bytes);
    if (with_id)
        json_put(&token, "id", json_integer(t->id));
    return token;
}

json_t *openai_logprob_json(const sw_logprobs *logprobs, bool with_id)
{
    json_t *entry = token_json(&logprobs->sampled, with_id);
    json_t *top = json_array();
    for (int i = 0; i < logprobs->n_top; i++)
        json_push(&top, token_json(&logprobs->top[i], with_id));
    json_put(&entry, "top_logprobs", top);
    return entry;
}

static json_t *member_json(json_t *content)
{
    return json_pack("{s:o, s:n}", "content", content, "refusal");
}

json_t *openai_logprobs_json(const logprob_source *source)
{
    json_t *content = json_array();
    sw_logprobs logprobs;
    while (source->next(source->ud, &logprobs))
        json_push(&content, openai_logprob_json(&logprobs, /*with_id=*/false));
    return member_json(content);
}

json_t *openai_logprobs_of_token(const sw_logprobs *token)
{
    json_t *content = json_array();
    json_push(&content, openai_logprob_json(token, /*with_id=*/false));
    return member_json(content);
}
