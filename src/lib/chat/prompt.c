/* prompt.c - collects text between markers; `flush` is the one place that encodes it. */
#include "chat/prompt.h"

#include <string.h>

#include "base/limits.h"

void prompt_begin(prompt_builder *p, const vocabulary *v, size_t n_tokens_max, token_list *out, sw_err *err)
{
    *p = (prompt_builder){.v = v,
                          .out = out,
                          .err = err,
                          .code = SW_OK,
                          .last_marker = TOKEN_NONE,
                          .n_tokens_max = n_tokens_max,
                          .n_before = out->n};
    buf_init(&p->text, LIMIT_PROMPT_BYTES);
}

sw_code prompt_check_bytes(const vocabulary *v, size_t n_bytes, size_t n, size_t n_tokens_max, sw_err *err)
{
    const size_t n_least = n + n_bytes / vocab_token_bytes_max(v);
    if (n_tokens_max == 0 || n_least < n_tokens_max)
        return SW_OK;
    return sw_fail(err, SW_ELIMIT, "prompt: it has at least %zu tokens, and with one token of answer at most %zu fit",
                   n_least, n_tokens_max);
}

/* Encodes the collected text.  White space that the marker before it absorbs is left out, as encoding marker and text
 * together would do. */
static void flush(prompt_builder *p)
{
    if (p->text.failed != SW_OK && p->code == SW_OK)
        p->code = sw_fail(p->err, SW_ENOMEM, "not enough memory for the prompt");
    const char *const text = buf_str(&p->text);
    const size_t n = p->text.size;
    const size_t skip = vocab_strips_right(p->v, p->last_marker) ? vocab_leading_space(text, n) : 0;
    if (p->code == SW_OK && skip < n)
        p->code = prompt_check_bytes(p->v, n - skip, p->out->n - p->n_before, p->n_tokens_max, p->err);
    if (p->code == SW_OK && skip < n)
        p->code = vocab_encode(p->v, text + skip, n - skip, false, false, p->out, p->err);
    buf_clear(&p->text);
}

sw_code prompt_end(prompt_builder *p)
{
    flush(p);
    buf_free(&p->text);
    return p->code;
}

void prompt_bytes(prompt_builder *p, const char *text, size_t n)
{
    if (n <= LIMIT_PROMPT_BYTES - p->n_bytes) {
        p->n_bytes += n;
        buf_append(&p->text, text, n);
    } else if (p->code == SW_OK) {
        p->code =
            sw_fail(p->err, SW_ELIMIT, "messages: the conversation has more than %d bytes of text", LIMIT_PROMPT_BYTES);
    }
}

void prompt_text(prompt_builder *p, const char *text)
{
    prompt_bytes(p, text, strlen(text));
}

void prompt_id(prompt_builder *p, int32_t id)
{
    if (id == TOKEN_NONE)
        return;
    flush(p);
    p->last_marker = id;
    if (p->code == SW_OK && !token_list_push(p->out, id))
        p->code = sw_fail(p->err, SW_ENOMEM, "not enough memory for the prompt");
}

void prompt_marker(prompt_builder *p, const char *marker)
{
    const int32_t id = vocab_find(p->v, marker);
    if (id == TOKEN_NONE && p->code == SW_OK)
        p->code = sw_fail(p->err, SW_EINVAL, "the model's vocabulary has no token \"%s\", which its chat format needs",
                          marker);
    prompt_id(p, id);
}

void prompt_marker_or_text(prompt_builder *p, const char *marker)
{
    if (vocab_find(p->v, marker) != TOKEN_NONE)
        prompt_marker(p, marker);
    else
        prompt_text(p, marker);
}

void prompt_bos_if_added(prompt_builder *p)
{
    if (vocab_adds_bos(p->v))
        prompt_id(p, vocab_bos(p->v));
}
