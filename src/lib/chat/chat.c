/* chat.c - checks a conversation, then calls the renderer of its format. */
#include "chat/chat.h"

#include <stdio.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "chat/history.h"
#include "chat/renderers.h"

static sw_code check_message(chat_format f, const sw_message *m, size_t i, sw_err *err)
{
    if (m->content == NULL)
        return sw_fail(err, SW_EINVAL, "messages[%zu]: content is missing", i);
    if (chat_writes_tools(f) || (m->role != SW_ROLE_TOOL && m->n_tool_calls == 0))
        return SW_OK;
    return sw_fail(
        err, SW_EINVAL,
        "messages[%zu]: %s cannot be written in the chat format '%s' of this model; leave it out, or say the "
        "same as text of a user's message",
        i, m->role == SW_ROLE_TOOL ? "the result of a tool" : "a call of a tool", chat_format_name(f));
}

static sw_code check_messages(chat_format f, const sw_message *messages, size_t n, sw_err *err)
{
    if (n == 0)
        return sw_fail(err, SW_EINVAL, "messages: the list is empty");
    if (n > LIMIT_MESSAGES)
        return sw_fail(err, SW_ELIMIT, "messages: the list has %zu messages; at most %d are allowed", n,
                       LIMIT_MESSAGES);
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < n; i++)
        code = check_message(f, &messages[i], i, err);
    return code;
}

/* Writes the date of `clock` in UTC as "YYYY-MM-DD". */
static void write_today(const sw_clock *clock, char *date, size_t size)
{
    const time_t now = (time_t)clock_unix_s(clock);
    struct tm utc;
    if (gmtime_r(&now, &utc) == NULL || strftime(date, size, "%Y-%m-%d", &utc) == 0)
        snprintf(date, size, "1970-01-01");
}

static void (*const RENDERERS[])(prompt_builder *, const chat_conversation *) = {
    [CHAT_PLAIN] = render_plain,
    [CHAT_HARMONY] = render_harmony,
    [CHAT_PHI3] = render_phi3,
    [CHAT_DEEPSEEK] = render_deepseek,
    [CHAT_DEEPSEEK_V3] = render_deepseek_v3,
    [CHAT_DEEPSEEK_V31] = render_deepseek_v31,
    [CHAT_CHATML] = render_chatml,
    [CHAT_CHATML_XML] = render_chatml,
    [CHAT_MISTRAL] = render_mistral,
    [CHAT_LLAMA3] = render_llama3,
};

static sw_code render(chat_format f, const vocabulary *v, const chat_conversation *c, size_t n_tokens_max,
                      token_list *out, sw_err *err)
{
    const size_t n_before = out->n;
    prompt_builder p;
    prompt_begin(&p, v, n_tokens_max, out, err);
    RENDERERS[f](&p, c);
    const sw_code rendered = prompt_end(&p);
    if (rendered != SW_OK)
        out->n = n_before;
    return rendered;
}

sw_code chat_render(chat_format f, const vocabulary *v, const sw_message *messages, size_t n,
                    const chat_render_options *options, token_list *out, sw_err *err)
{
    const sw_code checked = check_messages(f, messages, n, err);
    if (checked != SW_OK)
        return checked;
    char today[16];
    write_today(clock_or_system(options->clock), today, sizeof today);
    const sw_tool_call **const calls = mem_calloc(n, sizeof *calls);
    if (calls == NULL)
        return sw_fail(err, SW_ENOMEM, "not enough memory for the prompt");
    history_match(messages, n, calls);
    const chat_conversation c = {.messages = messages,
                                 .n = n,
                                 .calls = calls,
                                 .effort = options->effort,
                                 .date = options->date != NULL ? options->date : today};
    const sw_code code = render(f, v, &c, options->n_tokens_max, out, err);
    mem_free(calls);
    return code;
}

sw_code chat_render_text(chat_format f, const vocabulary *v, const sw_message *messages, size_t n,
                         const chat_render_options *options, buf *out, sw_err *err)
{
    token_list ids = {0};
    sw_code code = chat_render(f, v, messages, n, options, &ids, err);
    if (code == SW_OK) {
        vocab_decode(v, ids.ids, ids.n, true, out);
        if (out->failed != SW_OK)
            code = sw_fail(err, out->failed, "the prompt's text does not fit");
    }
    token_list_clear(&ids);
    return code;
}
