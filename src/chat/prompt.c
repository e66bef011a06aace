#include "chat/prompt.h"

#include <string.h>

#include "base/limits.h"

void sw_prompt_begin(sw_prompt *p, const sw_vocab *v, sw_tokens *out, sw_err *err)
{
    *p = (sw_prompt){.v = v, .out = out, .err = err, .code = SW_OK, .last_marker = SW_TOKEN_NONE};
    sw_buf_init(&p->text, SW_LIMIT_PROMPT_BYTES);
}

/* Encodes the text gathered so far.  Where the marker before it swallows white space, encoding marker and text together
 * would have done so too. */
static void flush(sw_prompt *p)
{
    if (p->text.failed != SW_OK && p->code == SW_OK)
        p->code = sw_fail(p->err, SW_ENOMEM, "not enough memory for the prompt");
    const char *const text = sw_buf_str(&p->text);
    const size_t n = p->text.size;
    const size_t skip = sw_vocab_strips_right(p->v, p->last_marker) ? sw_leading_space(text, n) : 0;
    if (p->code == SW_OK && skip < n)
        p->code = sw_vocab_encode(p->v, text + skip, n - skip, false, false, p->out, p->err);
    sw_buf_clear(&p->text);
}

sw_code sw_prompt_end(sw_prompt *p)
{
    flush(p);
    sw_buf_free(&p->text);
    return p->code;
}

void sw_prompt_bytes(sw_prompt *p, const char *text, size_t n)
{
    if (n <= SW_LIMIT_PROMPT_BYTES - p->n_bytes) {
        p->n_bytes += n;
        sw_buf_append(&p->text, text, n);
    } else if (p->code == SW_OK) {
        p->code = sw_fail(p->err, SW_ELIMIT, "messages: the conversation has more than %d bytes of text",
                          SW_LIMIT_PROMPT_BYTES);
    }
}

void sw_prompt_text(sw_prompt *p, const char *text)
{
    sw_prompt_bytes(p, text, strlen(text));
}

void sw_prompt_id(sw_prompt *p, int32_t id)
{
    if (id == SW_TOKEN_NONE)
        return;
    flush(p);
    p->last_marker = id;
    if (p->code == SW_OK && !sw_tokens_push(p->out, id))
        p->code = sw_fail(p->err, SW_ENOMEM, "not enough memory for the prompt");
}

void sw_prompt_marker(sw_prompt *p, const char *marker)
{
    const int32_t id = sw_vocab_find(p->v, marker);
    if (id == SW_TOKEN_NONE && p->code == SW_OK)
        p->code = sw_fail(p->err, SW_EINVAL, "the model's vocabulary has no token \"%s\", which its chat format needs",
                          marker);
    sw_prompt_id(p, id);
}
