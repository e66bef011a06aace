/* request.c - the range of every field, in the order of sw_request; nothing below this file checks them again. */
#include "public/request.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "chat/prompt.h"

/* ---- messages and prompt ---- */

/* Checks one text and adds its bytes to *total, those of the whole request. */
static sw_code check_text(const char *text, const char *field, size_t i, const char *member, size_t *total, sw_err *err)
{
    const size_t n = strlen(text);
    *total += n;
    char name[64];
    if (member != NULL)
        snprintf(name, sizeof name, "%s[%zu].%s", field, i, member);
    else
        snprintf(name, sizeof name, "%s", field);
    if (n > LIMIT_PROMPT_BYTES || *total > LIMIT_PROMPT_BYTES)
        return sw_fail(err, SW_ELIMIT, "%s: the request's text is longer than %d bytes", name, LIMIT_PROMPT_BYTES);
    if (!utf8_valid(text, n))
        return sw_fail(err, SW_EINVAL, "%s: it is not valid UTF-8", name);
    return SW_OK;
}

/* It is written into headers of messages, so it must be one word. */
static sw_code check_tool_name(const char *name, size_t i, const char *member, size_t *total, sw_err *err)
{
    const size_t n = strlen(name);
    if (n == 0 || n > LIMIT_TOOL_NAME_BYTES)
        return sw_fail(err, SW_EINVAL, "messages[%zu].%s: a tool's name has 1 to %d bytes, not %zu", i, member,
                       LIMIT_TOOL_NAME_BYTES, n);
    for (const char *p = name; *p != '\0'; p++) {
        const unsigned char byte = (unsigned char)*p;
        if (byte <= ' ' || byte == 0x7f || strchr("\"\\<>", byte) != NULL)
            return sw_fail(err, SW_EINVAL,
                           "messages[%zu].%s: a tool's name must not contain white space, control characters, quotes, "
                           "backslashes, < or >",
                           i, member);
    }
    return check_text(name, "messages", i, member, total, err);
}

static sw_code check_call(const sw_tool_call *call, size_t i, size_t k, size_t *total, sw_err *err)
{
    char member[48];
    snprintf(member, sizeof member, "tool_calls[%zu].name", k);
    if (call->name == NULL || call->arguments == NULL)
        return sw_fail(err, SW_EINVAL, "messages[%zu].tool_calls[%zu]: it needs a name and arguments", i, k);
    sw_code code = check_tool_name(call->name, i, member, total, err);
    snprintf(member, sizeof member, "tool_calls[%zu].arguments", k);
    if (code == SW_OK)
        code = check_text(call->arguments, "messages", i, member, total, err);
    snprintf(member, sizeof member, "tool_calls[%zu].id", k);
    if (code == SW_OK && call->id != NULL)
        code = check_text(call->id, "messages", i, member, total, err);
    return code;
}

static sw_code check_calls(const sw_message *m, size_t i, size_t *total, sw_err *err)
{
    if (m->n_tool_calls > 0 && m->tool_calls == NULL)
        return sw_fail(err, SW_EINVAL, "messages[%zu].tool_calls: n_tool_calls is %zu but there is no list", i,
                       m->n_tool_calls);
    sw_code code = SW_OK;
    for (size_t k = 0; code == SW_OK && k < m->n_tool_calls; k++)
        code = check_call(&m->tool_calls[k], i, k, total, err);
    return code;
}

static sw_code check_assistants_members(const sw_message *m, size_t i, size_t *total, sw_err *err)
{
    if (m->role != SW_ROLE_ASSISTANT && (m->reasoning != NULL || m->n_tool_calls > 0))
        return sw_fail(err, SW_EINVAL, "messages[%zu].%s: only the assistant's messages have it", i,
                       m->reasoning != NULL ? "reasoning" : "tool_calls");
    if (m->reasoning != NULL) {
        const sw_code code = check_text(m->reasoning, "messages", i, "reasoning", total, err);
        if (code != SW_OK)
            return code;
    }
    return check_calls(m, i, total, err);
}

static sw_code check_tools_members(const sw_message *m, size_t i, size_t *total, sw_err *err)
{
    if (m->role != SW_ROLE_TOOL && (m->tool_call_id != NULL || m->name != NULL))
        return sw_fail(err, SW_EINVAL, "messages[%zu].%s: only the results of tools have it", i,
                       m->name != NULL ? "name" : "tool_call_id");
    sw_code code = SW_OK;
    if (m->tool_call_id != NULL)
        code = check_text(m->tool_call_id, "messages", i, "tool_call_id", total, err);
    if (code == SW_OK && m->name != NULL)
        code = check_tool_name(m->name, i, "name", total, err);
    return code;
}

/* What a chat format cannot write is refused later, by the format. */
static sw_code check_message(const sw_message *m, size_t i, size_t *total, sw_err *err)
{
    if ((int)m->role < SW_ROLE_SYSTEM || (int)m->role > SW_ROLE_TOOL)
        return sw_fail(err, SW_EINVAL, "messages[%zu].role: %d is not a role", i, (int)m->role);
    if (m->content == NULL)
        return sw_fail(err, SW_EINVAL, "messages[%zu].content: it is missing", i);
    sw_code code = check_text(m->content, "messages", i, "content", total, err);
    if (code == SW_OK)
        code = check_assistants_members(m, i, total, err);
    if (code == SW_OK)
        code = check_tools_members(m, i, total, err);
    return code;
}

static sw_code check_messages(const sw_request *r, sw_err *err)
{
    size_t total = 0, n_calls = 0;
    if (r->n_messages == 0)
        return sw_fail(err, SW_EINVAL, "messages: there are none");
    if (r->n_messages > LIMIT_MESSAGES)
        return sw_fail(err, SW_EINVAL, "messages: there are %zu, at most %d are accepted", r->n_messages,
                       LIMIT_MESSAGES);
    for (size_t i = 0; i < r->n_messages; i++) {
        const size_t n = r->messages[i].n_tool_calls;
        if (n > LIMIT_TOOL_CALLS - n_calls)
            return sw_fail(err, SW_EINVAL, "messages[%zu].tool_calls: a conversation has at most %d calls", i,
                           LIMIT_TOOL_CALLS);
        n_calls += n;
        const sw_code code = check_message(&r->messages[i], i, &total, err);
        if (code != SW_OK)
            return code;
    }
    return SW_OK;
}

static sw_code check_tokens(const sw_request *r, int n_vocab, sw_err *err)
{
    if (r->n_tokens == 0)
        return sw_fail(err, SW_EINVAL, "tokens: there are none");
    for (size_t i = 0; i < r->n_tokens; i++) {
        if (r->tokens[i] < 0 || r->tokens[i] >= n_vocab)
            return sw_fail(err, SW_EINVAL, "tokens[%zu]: %d is not a token of this model, which has %d", i,
                           r->tokens[i], n_vocab);
    }
    return SW_OK;
}

/* A request has either messages or a prompt or tokens. */
static sw_code check_prompt(const sw_request *r, int n_vocab, sw_err *err)
{
    size_t total = 0;
    const int n_given = (r->messages != NULL) + (r->prompt != NULL) + (r->tokens != NULL);
    if (n_given == 0)
        return sw_fail(err, SW_EINVAL, "messages: there are none, and there is neither a prompt nor tokens");
    if (n_given > 1)
        return sw_fail(err, SW_EINVAL, "%s: give messages, a prompt or tokens, and only one of them",
                       r->tokens != NULL ? "tokens" : "prompt");
    if (r->prompt != NULL)
        return check_text(r->prompt, "prompt", 0, NULL, &total, err);
    return r->tokens != NULL ? check_tokens(r, n_vocab, err) : check_messages(r, err);
}

/* The form only: 2026-13-40 passes, and the model reads what it is given. */
sw_code request_check_date(const char *date, sw_err *err)
{
    static const char SHAPE[] = "dddd-dd-dd";
    bool is_date = strlen(date) == sizeof SHAPE - 1;
    for (size_t i = 0; is_date && i < sizeof SHAPE - 1; i++)
        is_date = SHAPE[i] == 'd' ? date[i] >= '0' && date[i] <= '9' : date[i] == SHAPE[i];
    return is_date ? SW_OK : sw_fail(err, SW_EINVAL, "date: it must read YYYY-MM-DD");
}

/* ---- sampling ---- */

/* Comparisons are negated so that they reject NaN. */
static sw_code check_sampling(const sw_sampling *s, sw_err *err)
{
    if (!(s->temperature >= 0 && s->temperature <= 2))
        return sw_fail(err, SW_EINVAL, "temperature: %g is not between 0 and 2", (double)s->temperature);
    if (!(s->top_p >= 0 && s->top_p <= 1))
        return sw_fail(err, SW_EINVAL, "top_p: %g is not above 0 and at most 1", (double)s->top_p);
    if (s->top_k < 0)
        return sw_fail(err, SW_EINVAL, "top_k: %d is negative", s->top_k);
    if (!(s->min_p >= 0 && s->min_p < 1))
        return sw_fail(err, SW_EINVAL, "min_p: %g is not at least 0 and below 1", (double)s->min_p);
    if (!(s->typical_p >= 0 && s->typical_p <= 1))
        return sw_fail(err, SW_EINVAL, "typical_p: %g is not above 0 and at most 1", (double)s->typical_p);
    return SW_OK;
}

static sw_code check_penalties(const sw_sampling *s, sw_err *err)
{
    if (!(s->repeat_penalty >= 0 && s->repeat_penalty <= FLT_MAX))
        return sw_fail(err, SW_EINVAL, "repeat_penalty: %g is not a number above 0", (double)s->repeat_penalty);
    if (s->repeat_last_n < -1 || s->repeat_last_n > LIMIT_CTX_TOKENS)
        return sw_fail(err, SW_EINVAL, "repeat_last_n: %d is not between -1 and %d", s->repeat_last_n,
                       LIMIT_CTX_TOKENS);
    if (!(s->presence_penalty >= -2 && s->presence_penalty <= 2))
        return sw_fail(err, SW_EINVAL, "presence_penalty: %g is not between -2 and 2", (double)s->presence_penalty);
    if (!(s->frequency_penalty >= -2 && s->frequency_penalty <= 2))
        return sw_fail(err, SW_EINVAL, "frequency_penalty: %g is not between -2 and 2", (double)s->frequency_penalty);
    return SW_OK;
}

/* A bias for an id outside the vocabulary would write outside the logits. */
static sw_code check_biases(const sw_sampling *s, int n_vocab, sw_err *err)
{
    if (s->n_biases > LIMIT_LOGIT_BIASES)
        return sw_fail(err, SW_EINVAL, "logit_bias: there are %zu tokens, at most %d are accepted", s->n_biases,
                       LIMIT_LOGIT_BIASES);
    if (s->n_biases > 0 && s->biases == NULL)
        return sw_fail(err, SW_EINVAL, "logit_bias: n_biases is %zu but there is no list", s->n_biases);
    for (size_t i = 0; i < s->n_biases; i++) {
        const sw_logit_bias b = s->biases[i];
        if (b.id < 0 || b.id >= n_vocab)
            return sw_fail(err, SW_EINVAL, "logit_bias: %d is not a token of this model, which has %d", b.id, n_vocab);
        if (!(b.bias >= -100 && b.bias <= 100))
            return sw_fail(err, SW_EINVAL, "logit_bias: %g of token %d is not between -100 and 100", (double)b.bias,
                           b.id);
    }
    return SW_OK;
}

/* ---- the rest ---- */

static sw_code check_stop(const sw_request *r, sw_err *err)
{
    if (r->n_stop > LIMIT_STOP_STRINGS)
        return sw_fail(err, SW_EINVAL, "stop: there are %zu strings, at most %d are accepted", r->n_stop,
                       LIMIT_STOP_STRINGS);
    if (r->n_stop > 0 && r->stop == NULL)
        return sw_fail(err, SW_EINVAL, "stop: n_stop is %zu but there is no list", r->n_stop);
    for (size_t i = 0; i < r->n_stop; i++) {
        const char *const s = r->stop[i];
        if (s == NULL || s[0] == '\0')
            return sw_fail(err, SW_EINVAL, "stop[%zu]: it is empty", i);
        const size_t n = strlen(s);
        if (n > LIMIT_STOP_STRING_BYTES)
            return sw_fail(err, SW_EINVAL, "stop[%zu]: it has %zu bytes, at most %d are accepted", i, n,
                           LIMIT_STOP_STRING_BYTES);
        if (!utf8_valid(s, n))
            return sw_fail(err, SW_EINVAL, "stop[%zu]: it is not valid UTF-8", i);
    }
    return SW_OK;
}

sw_code request_check(const sw_request *r, int n_vocab, sw_err *err)
{
    sw_code code = check_prompt(r, n_vocab, err);
    if (code == SW_OK)
        code = check_sampling(&r->sampling, err);
    if (code == SW_OK)
        code = check_penalties(&r->sampling, err);
    if (code == SW_OK)
        code = check_biases(&r->sampling, n_vocab, err);
    if (code == SW_OK)
        code = check_stop(r, err);
    if (code == SW_OK && r->date != NULL)
        code = request_check_date(r->date, err);
    if (code != SW_OK)
        return code;
    if ((int)r->effort < SW_EFFORT_DEFAULT || (int)r->effort > SW_EFFORT_HIGH)
        return sw_fail(err, SW_EINVAL, "effort: %d is not a known effort", (int)r->effort);
    if (r->max_tokens < 0)
        return sw_fail(err, SW_EINVAL, "max_tokens: %d is negative", r->max_tokens);
    if (r->max_tokens > 0 && (r->prompt_only || r->embed))
        return sw_fail(err, SW_EINVAL, "max_tokens: with %s no token follows, so it must be 0, not %d",
                       r->embed ? "embed" : "prompt_only", r->max_tokens);
    if (r->embed && (r->logprobs || r->prompt_logprobs))
        return sw_fail(err, SW_EINVAL, "embed: it gives an embedding and no log-probabilities; leave %s out",
                       r->logprobs ? "logprobs" : "prompt_logprobs");
    if (r->n_top_logprobs < 0 || r->n_top_logprobs > SW_TOP_LOGPROBS_MAX)
        return sw_fail(err, SW_EINVAL, "n_top_logprobs: %d is not between 0 and %d", r->n_top_logprobs,
                       SW_TOP_LOGPROBS_MAX);
    if (r->n_top_logprobs > 0 && !r->logprobs && !r->prompt_logprobs)
        return sw_fail(err, SW_EINVAL, "n_top_logprobs: it needs logprobs or prompt_logprobs");
    return SW_OK;
}

/* ---- rendering ---- */

static sw_code append_tokens(const sw_request *r, token_list *out, sw_err *err)
{
    if (!mem_grow(&out->ids, &out->cap, out->n + r->n_tokens, sizeof *out->ids))
        return sw_fail(err, SW_ENOMEM, "tokens: out of memory for %zu", r->n_tokens);
    memcpy(out->ids + out->n, r->tokens, r->n_tokens * sizeof *out->ids);
    out->n += r->n_tokens;
    return SW_OK;
}

/* A prompt that a template made begins with the BOS already. */
static void drop_second_bos(const vocabulary *vocab, token_list *prompt)
{
    const int32_t bos = vocab_bos(vocab);
    if (vocab_adds_bos(vocab) && prompt->n >= 2 && prompt->ids[0] == bos && prompt->ids[1] == bos)
        memmove(prompt->ids, prompt->ids + 1, --prompt->n * sizeof *prompt->ids);
}

/* A prompt that is no chat, to an empty list.  Raw text gets the special tokens that the model needs around a text; no
 * part of the text itself becomes one without parse_special. */
static sw_code encode_raw(const sw_request *r, const vocabulary *vocab, token_list *out, sw_err *err)
{
    if (r->tokens != NULL)
        return append_tokens(r, out, err);
    const sw_code code =
        vocab_encode(vocab, r->prompt, strlen(r->prompt), /*add_special=*/true, r->parse_special, out, err);
    if (code == SW_OK && r->parse_special)
        drop_second_bos(vocab, out);
    return code;
}

static chat_render_options render_options(const sw_request *r, const request_context *c)
{
    return (chat_render_options){.effort = r->effort, .date = r->date != NULL ? r->date : c->date, .clock = c->clock};
}

sw_code request_tokens(const sw_request *r, const request_context *c, token_list *out, sw_err *err)
{
    chat_render_options options = render_options(r, c);
    options.n_tokens_max = (size_t)c->n_ctx;
    if (r->messages == NULL) {
        const size_t n_bytes = r->prompt != NULL ? strlen(r->prompt) : 0;
        const sw_code fits = prompt_check_bytes(c->vocab, n_bytes, 0, options.n_tokens_max, err);
        return fits == SW_OK ? encode_raw(r, c->vocab, out, err) : fits;
    }
    return chat_render(c->format, c->vocab, r->messages, r->n_messages, &options, out, err);
}

sw_code request_text(const sw_request *r, const request_context *c, buf *out, sw_err *err)
{
    if (r->messages != NULL) {
        const chat_render_options options = render_options(r, c);
        return chat_render_text(c->format, c->vocab, r->messages, r->n_messages, &options, out, err);
    }
    token_list tokens = {0};
    const sw_code code = encode_raw(r, c->vocab, &tokens, err);
    if (code == SW_OK)
        vocab_decode(c->vocab, tokens.ids, tokens.n, /*render_special=*/true, out);
    token_list_clear(&tokens);
    return code;
}
