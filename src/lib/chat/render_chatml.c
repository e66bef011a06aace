/* render_chatml.c - ChatML, with reasoning and calls of tools as Qwen's models learned them. */
#include <string.h>

#include "chat/history.h"
#include "chat/renderers.h"

/* A result that the client wrote as a user's message. */
static bool is_written_result(const char *content)
{
    static const char BEGIN[] = "<tool_response>", END[] = "</tool_response>";
    const size_t n = strlen(content);
    return n >= strlen(BEGIN) + strlen(END) && strncmp(content, BEGIN, strlen(BEGIN)) == 0 &&
           strcmp(content + n - strlen(END), END) == 0;
}

/* The last message in which the user asks something; n if there is none. */
static size_t last_question(const chat_conversation *c)
{
    for (size_t i = c->n; i > 0; i--) {
        const sw_message *const m = &c->messages[i - 1];
        if (m->role == SW_ROLE_USER && !is_written_result(m->content))
            return i - 1;
    }
    return c->n;
}

static void chatml_begin(prompt_builder *p, const char *role)
{
    prompt_marker(p, "<|im_start|>");
    prompt_text(p, role);
    prompt_text(p, "\n");
}

static void chatml_end(prompt_builder *p)
{
    prompt_marker(p, "<|im_end|>");
    prompt_text(p, "\n");
}

/* Results that follow each other are one message. */
static void chatml_result(prompt_builder *p, const chat_conversation *c, size_t i)
{
    if (i == 0 || c->messages[i - 1].role != SW_ROLE_TOOL)
        chatml_begin(p, "user");
    else
        prompt_text(p, "\n");
    prompt_marker_or_text(p, "<tool_response>");
    prompt_text(p, "\n");
    prompt_text(p, c->messages[i].content);
    prompt_text(p, "\n");
    prompt_marker_or_text(p, "</tool_response>");
    if (i + 1 == c->n || c->messages[i + 1].role != SW_ROLE_TOOL)
        chatml_end(p);
}

static void chatml_call(prompt_builder *p, const sw_tool_call *call)
{
    prompt_marker_or_text(p, "<tool_call>");
    prompt_text(p, "\n{\"name\": \"");
    prompt_text(p, call->name);
    prompt_text(p, "\", \"arguments\": ");
    prompt_text(p, call->arguments);
    prompt_text(p, "}\n");
    prompt_marker_or_text(p, "</tool_call>");
}

/* The reasoning of the turn in progress, for models that think. */
static void chatml_reasoning(prompt_builder *p, const sw_message *m)
{
    const str_view reasoning = history_reasoning(m);
    if (reasoning.size == 0 || vocab_find(p->v, "<think>") == TOKEN_NONE)
        return;
    prompt_marker(p, "<think>");
    prompt_text(p, "\n");
    prompt_bytes(p, reasoning.data, reasoning.size);
    prompt_text(p, "\n");
    prompt_marker_or_text(p, "</think>");
    prompt_text(p, "\n\n");
}

static void chatml_assistant(prompt_builder *p, const sw_message *m, bool is_in_progress)
{
    const char *const content = history_without_thinking(m->content);
    chatml_begin(p, "assistant");
    if (is_in_progress)
        chatml_reasoning(p, m);
    prompt_text(p, content);
    for (size_t k = 0; k < m->n_tool_calls; k++) {
        prompt_text(p, k > 0 || content[0] != '\0' ? "\n" : "");
        chatml_call(p, &m->tool_calls[k]);
    }
    chatml_end(p);
}

void render_chatml(prompt_builder *p, const chat_conversation *c)
{
    const size_t question = last_question(c);
    prompt_bos_if_added(p);
    for (size_t i = 0; i < c->n; i++) {
        const sw_message *const m = &c->messages[i];
        if (m->role == SW_ROLE_ASSISTANT) {
            chatml_assistant(p, m, i > question);
        } else if (m->role == SW_ROLE_TOOL) {
            chatml_result(p, c, i);
        } else {
            chatml_begin(p, chat_role_name(m->role));
            prompt_text(p, m->content);
            chatml_end(p);
        }
    }
    chatml_begin(p, "assistant");
}
