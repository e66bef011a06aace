/* chat.c - checks a conversation, then calls the renderer of its format. */
#include "chat/chat.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "chat/prompt.h"
#include "chat/renderers.h"

static sw_code check_message(const sw_message *m, size_t i, sw_err *err)
{
    if (m->role != SW_ROLE_SYSTEM && m->role != SW_ROLE_USER && m->role != SW_ROLE_ASSISTANT)
        return sw_fail(err, SW_EINVAL,
                       "messages[%zu]: tool results are not supported; use a system, user or assistant "
                       "message",
                       i);
    if (m->n_tool_calls > 0)
        return sw_fail(err, SW_EINVAL, "messages[%zu]: calls of tools are not supported; leave them out", i);
    if (m->content == NULL)
        return sw_fail(err, SW_EINVAL, "messages[%zu]: content is missing", i);
    return SW_OK;
}

static sw_code check_messages(const sw_message *messages, size_t n, sw_err *err)
{
    if (n == 0)
        return sw_fail(err, SW_EINVAL, "messages: the list is empty");
    if (n > LIMIT_MESSAGES)
        return sw_fail(err, SW_ELIMIT, "messages: the list has %zu messages; at most %d are allowed", n,
                       LIMIT_MESSAGES);
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < n; i++)
        code = check_message(&messages[i], i, err);
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
    [CHAT_PLAIN] = render_plain,       [CHAT_HARMONY] = render_harmony,         [CHAT_PHI3] = render_phi3,
    [CHAT_DEEPSEEK] = render_deepseek, [CHAT_DEEPSEEK_V3] = render_deepseek_v3, [CHAT_CHATML] = render_chatml,
    [CHAT_MISTRAL] = render_mistral,   [CHAT_LLAMA3] = render_llama3,
};

sw_code chat_render(chat_format f, const vocabulary *v, const sw_message *messages, size_t n,
                    const chat_render_options *options, token_list *out, sw_err *err)
{
    const sw_code checked = check_messages(messages, n, err);
    if (checked != SW_OK)
        return checked;
    char today[16];
    write_today(clock_or_system(options->clock), today, sizeof today);
    const chat_conversation c = {
        .messages = messages, .n = n, .effort = options->effort, .date = options->date != NULL ? options->date : today};
    const size_t n_before = out->n;
    prompt_builder p;
    prompt_begin(&p, v, options->n_tokens_max, out, err);
    RENDERERS[f](&p, &c);
    const sw_code rendered = prompt_end(&p);
    if (rendered != SW_OK)
        out->n = n_before;
    return rendered;
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
