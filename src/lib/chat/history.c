/* history.c - looks backwards through a conversation. */
#include "chat/history.h"

#include <string.h>

/* ---- calls and results ---- */

static const sw_tool_call *call_by_id(const sw_message *messages, size_t i, const char *id)
{
    while (i-- > 0) {
        const sw_message *const m = &messages[i];
        for (size_t k = 0; k < m->n_tool_calls; k++) {
            if (m->tool_calls[k].id != NULL && strcmp(m->tool_calls[k].id, id) == 0)
                return &m->tool_calls[k];
        }
    }
    return NULL;
}

static bool has_name(const sw_tool_call *call, const char *name)
{
    return name == NULL || strcmp(call->name, name) == 0;
}

static const sw_tool_call *call_by_place(const sw_message *messages, size_t i, const char *name)
{
    size_t first = i;
    while (first > 0 && messages[first - 1].role == SW_ROLE_TOOL)
        first--;
    if (first == 0)
        return NULL;
    const sw_message *const caller = &messages[first - 1];
    if (i - first < caller->n_tool_calls && has_name(&caller->tool_calls[i - first], name))
        return &caller->tool_calls[i - first];
    for (size_t k = 0; name != NULL && k < caller->n_tool_calls; k++) {
        if (has_name(&caller->tool_calls[k], name))
            return &caller->tool_calls[k];
    }
    return NULL;
}

void history_match(const sw_message *messages, size_t n, const sw_tool_call **calls_out)
{
    for (size_t i = 0; i < n; i++) {
        const sw_message *const m = &messages[i];
        calls_out[i] = m->role != SW_ROLE_TOOL   ? NULL
                       : m->tool_call_id != NULL ? call_by_id(messages, i, m->tool_call_id)
                                                 : call_by_place(messages, i, m->name);
    }
}

const char *history_tool_name(prompt_builder *p, const chat_conversation *c, size_t i)
{
    if (c->messages[i].name != NULL)
        return c->messages[i].name;
    if (c->calls[i] != NULL)
        return c->calls[i]->name;
    if (p->code == SW_OK)
        p->code = sw_fail(p->err, SW_EINVAL,
                          "messages[%zu]: no call before it has this tool_call_id, and this model must read the tool's "
                          "name; give the name, or keep the assistant's message with the call",
                          i);
    return "";
}

/* ---- turns and reasoning ---- */

size_t history_turn_start(const chat_conversation *c)
{
    for (size_t i = c->n; i > 0; i--) {
        if (c->messages[i - 1].role == SW_ROLE_ASSISTANT && c->messages[i - 1].n_tool_calls == 0)
            return i;
    }
    return 0;
}

static const char THINK[] = "<think>", END_THINK[] = "</think>";

const char *history_without_thinking(const char *content)
{
    for (const char *next; (next = strstr(content, END_THINK)) != NULL;) {
        content = next + strlen(END_THINK);
        content += strspn(content, "\n");
    }
    return content;
}

str_view history_reasoning(const sw_message *m)
{
    const bool is_apart = m->reasoning != NULL && m->reasoning[0] != '\0';
    const char *from = is_apart ? m->reasoning : m->content;
    const char *to = is_apart ? from + strlen(from) : strstr(from, END_THINK);
    if (to == NULL)
        return (str_view){"", 0};
    for (const char *next; !is_apart && (next = strstr(from, THINK)) != NULL && next < to;)
        from = next + strlen(THINK);
    while (from < to && *from == '\n')
        from++;
    while (from < to && to[-1] == '\n')
        to--;
    return (str_view){from, (size_t)(to - from)};
}
