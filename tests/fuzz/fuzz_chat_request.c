/* fuzz_chat_request.c - any bytes as the body of a chat request.
 *
 * Either a request whose values are in the documented ranges, or an error that is complete and can be written as JSON.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "dialects/openai_chat_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void check_message(const sw_message *m)
{
    check(m->content != NULL && utf8_valid(m->content, strlen(m->content)));
    check(m->role >= SW_ROLE_SYSTEM && m->role <= SW_ROLE_TOOL);
    check(m->reasoning == NULL || m->role == SW_ROLE_ASSISTANT);
    check(m->n_tool_calls == 0 || (m->role == SW_ROLE_ASSISTANT && m->n_tool_calls <= LIMIT_TOOL_CALLS));
    check((m->name == NULL && m->tool_call_id == NULL) || m->role == SW_ROLE_TOOL);
    for (size_t k = 0; k < m->n_tool_calls; k++) {
        const sw_tool_call *const call = &m->tool_calls[k];
        check(utf8_valid(call->name, strlen(call->name)));
        check(call->arguments[0] != '\0' && utf8_valid(call->arguments, strlen(call->arguments)));
        check(call->id == NULL || utf8_valid(call->id, strlen(call->id)));
    }
}

static void check_request(const generation_request *r)
{
    const sw_request *const c = &r->core;
    check(c->n_messages >= 1 && c->n_messages <= LIMIT_MESSAGES);
    for (size_t i = 0; i < c->n_messages; i++)
        check_message(&c->messages[i]);
    check(c->sampling.temperature >= 0 && c->sampling.temperature <= 2);
    check(c->sampling.top_p > 0 && c->sampling.top_p <= 1);
    check(c->sampling.min_p >= 0 && c->sampling.min_p <= 1 && c->sampling.top_k >= 0);
    check(c->sampling.typical_p >= 0 && c->sampling.typical_p <= 1 && c->sampling.repeat_penalty > 0);
    check(c->sampling.repeat_last_n >= -1 && c->sampling.repeat_last_n <= LIMIT_CTX_TOKENS);
    check(c->sampling.presence_penalty >= -2 && c->sampling.presence_penalty <= 2);
    check(c->sampling.frequency_penalty >= -2 && c->sampling.frequency_penalty <= 2);
    check(c->sampling.n_biases <= LIMIT_LOGIT_BIASES);
    for (size_t i = 0; i < c->sampling.n_biases; i++)
        check(c->sampling.biases[i].id >= 0 && c->sampling.biases[i].bias >= -100 && c->sampling.biases[i].bias <= 100);
    check(c->n_top_logprobs >= 0 && c->n_top_logprobs <= SW_TOP_LOGPROBS_MAX);
    check(c->logprobs || c->n_top_logprobs == 0);
    check(c->max_tokens >= 0 && c->max_tokens <= LIMIT_CTX_TOKENS);
    check(c->n_stop <= LIMIT_STOP_STRINGS);
    for (size_t i = 0; i < c->n_stop; i++)
        check(c->stop[i][0] != '\0' && strlen(c->stop[i]) <= LIMIT_STOP_STRING_BYTES);
    check(r->stream || !r->include_usage);
    for (const char *p = r->ignored; *p != '\0'; p++)
        check(*p >= ' ' && *p <= '~'); // it becomes a header
}

static void check_error(const api_error *error)
{
    buf out;
    buf_init(&out, 1 << 16);
    check(error->what != API_OK && error->message[0] != '\0');
    check(api_status(error) == 400);
    api_error_write(&out, error);
    check(out.failed == SW_OK && utf8_valid(out.data, out.size));
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    generation_request request;
    api_error error = {0};
    if (openai_chat_parse(&request, (const char *)data, size, size, &error))
        check_request(&request);
    else
        check_error(&error);
    generation_request_free(&request);
    return 0;
}
