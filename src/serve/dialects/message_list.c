/* message_list.c - a list that grows while it is read, and becomes one block of messages and calls at the end. */
#include "dialects/message_list.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "json/json_out.h"

/* ---- texts ------------------------------------------------------------------------------------------------------ */

static void text_add(message_text *t, const char *piece)
{
    if (t->first == NULL) {
        t->first = piece;
        return;
    }
    if (t->joined.size == 0)
        buf_puts(&t->joined, t->first);
    buf_puts(&t->joined, piece);
}

/* What is in `b` becomes a text of the request; NULL with the fault set.  `b` is empty then. */
static const char *keep(message_list *l, buf *b)
{
    generation_request *const g = l->g;
    char *const text = buf_take(b);
    if (text == NULL || !mem_grow(&g->texts, &l->n_texts_max, g->n_texts + 1, sizeof *g->texts)) {
        mem_free(text);
        json_fail_memory(l->r);
        return NULL;
    }
    return g->texts[g->n_texts++] = text;
}

/* *out becomes the whole text, and `t` is empty. */
static bool text_take(message_list *l, message_text *t, const char **out)
{
    *out = t->joined.size > 0 || t->joined.failed != SW_OK ? keep(l, &t->joined) : t->first;
    const bool ok = *out != NULL || t->first == NULL;
    t->first = NULL;
    return ok;
}

/* ---- messages --------------------------------------------------------------------------------------------------- */

void message_list_begin(message_list *l, generation_request *g, json_reader *r)
{
    *l = (message_list){.g = g, .r = r, .n_texts_max = g->n_texts};
    buf_init(&l->content.joined, LIMIT_PROMPT_BYTES);
    buf_init(&l->reasoning.joined, LIMIT_PROMPT_BYTES);
}

void message_list_free(message_list *l)
{
    mem_free(l->messages);
    mem_free(l->calls);
    buf_free(&l->content.joined);
    buf_free(&l->reasoning.joined);
}

/* Completes the texts of the last message. */
static bool close_message(message_list *l)
{
    if (l->n == 0)
        return true;
    sw_message *const last = &l->messages[l->n - 1];
    if (!text_take(l, &l->content, &last->content) || !text_take(l, &l->reasoning, &last->reasoning))
        return false;
    if (last->content == NULL)
        last->content = "";
    return true;
}

bool message_list_add(message_list *l, const json_place *at, sw_role role)
{
    if (l->n == LIMIT_MESSAGES)
        return json_fail(l->r, at, JSON_FAULT_RANGE, "a conversation may hold at most %d messages", LIMIT_MESSAGES);
    if (!close_message(l))
        return false;
    if (!mem_grow(&l->messages, &l->n_max, l->n + 1, sizeof *l->messages))
        return json_fail_memory(l->r);
    l->messages[l->n++] = (sw_message){.role = role};
    return true;
}

bool message_list_continue(message_list *l, const json_place *at, sw_role role)
{
    return (l->n > 0 && l->messages[l->n - 1].role == role) || message_list_add(l, at, role);
}

/* Messages and calls move to one block, because the request owns its messages as one. */
bool message_list_end(message_list *l)
{
    if (!close_message(l))
        return false;
    const size_t n_bytes = l->n * sizeof *l->messages;
    sw_message *const messages = mem_alloc(n_bytes + l->n_calls * sizeof *l->calls);
    if (messages == NULL)
        return json_fail_memory(l->r);
    sw_tool_call *calls = (sw_tool_call *)(messages + l->n);
    if (l->n > 0)
        memcpy(messages, l->messages, n_bytes);
    if (l->n_calls > 0)
        memcpy(calls, l->calls, l->n_calls * sizeof *l->calls);
    for (size_t i = 0; i < l->n; calls += messages[i++].n_tool_calls)
        messages[i].tool_calls = messages[i].n_tool_calls > 0 ? calls : NULL;
    l->g->core.messages = l->g->messages = messages;
    l->g->core.n_messages = l->n;
    return true;
}

/* ---- the last message ------------------------------------------------------------------------------------------- */

void message_list_content(message_list *l, const char *text)
{
    text_add(&l->content, text);
}

void message_list_reasoning(message_list *l, const char *text)
{
    text_add(&l->reasoning, text);
}

bool message_list_has_content(const message_list *l)
{
    return l->content.first != NULL;
}

/* The text of a call's arguments; NULL with the fault set. */
static const char *arguments_text(message_list *l, const json_t *arguments)
{
    if (arguments == NULL || (json_is_string(arguments) && json_string_length(arguments) == 0))
        return "{}";
    if (json_is_string(arguments))
        return json_string_value(arguments);
    buf text;
    buf_init(&text, LIMIT_PROMPT_BYTES);
    json_write_spaced(&text, arguments);
    const char *const kept = keep(l, &text);
    buf_free(&text);
    return kept;
}

bool message_list_call(message_list *l, const json_place *at, const char *id, const char *name, const json_t *arguments)
{
    if (l->n_calls == LIMIT_TOOL_CALLS)
        return json_fail(l->r, at, JSON_FAULT_RANGE, "a conversation may hold at most %d calls of tools",
                         LIMIT_TOOL_CALLS);
    const char *const text = arguments_text(l, arguments);
    if (text == NULL)
        return false;
    if (!mem_grow(&l->calls, &l->n_calls_max, l->n_calls + 1, sizeof *l->calls))
        return json_fail_memory(l->r);
    l->calls[l->n_calls++] = (sw_tool_call){.id = id, .name = name, .arguments = text};
    l->messages[l->n - 1].n_tool_calls++;
    return true;
}

void message_list_result_of(message_list *l, const char *id, const char *name)
{
    sw_message *const last = &l->messages[l->n - 1];
    last->tool_call_id = id;
    last->name = name;
}
