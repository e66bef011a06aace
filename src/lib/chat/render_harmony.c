/* render_harmony.c - the prompts of gpt-oss, as OpenAI's library writes them. */
#include "chat/history.h"
#include "chat/renderers.h"

static void harmony_message(prompt_builder *p, const char *role, const char *channel, const char *before,
                            const char *text)
{
    prompt_marker(p, "<|start|>");
    prompt_text(p, role);
    if (channel != NULL) {
        prompt_marker(p, "<|channel|>");
        prompt_text(p, channel);
    }
    prompt_marker(p, "<|message|>");
    prompt_text(p, before);
    prompt_text(p, text);
    prompt_marker(p, "<|end|>");
}

static void harmony_system(prompt_builder *p, const chat_conversation *c)
{
    static const char *const EFFORTS[] = {[SW_EFFORT_DEFAULT] = "medium",
                                          [SW_EFFORT_LOW] = "low",
                                          [SW_EFFORT_MEDIUM] = "medium",
                                          [SW_EFFORT_HIGH] = "high"};
    prompt_marker(p, "<|start|>");
    prompt_text(p, "system");
    prompt_marker(p, "<|message|>");
    prompt_text(p, "You are ChatGPT, a large language model trained by OpenAI.\n"
                   "Knowledge cutoff: 2024-06\n"
                   "Current date: ");
    prompt_text(p, c->date);
    prompt_text(p, "\n\nReasoning: ");
    prompt_text(p, EFFORTS[c->effort]);
    prompt_text(p, "\n\n# Valid channels: analysis, commentary, final. Channel must be included for every message.");
    prompt_marker(p, "<|end|>");
}

/* ---- calls of tools ---- */

static void harmony_call(prompt_builder *p, const sw_tool_call *call)
{
    prompt_marker(p, "<|start|>");
    prompt_text(p, "assistant to=functions.");
    prompt_text(p, call->name);
    prompt_marker(p, "<|channel|>");
    prompt_text(p, "commentary ");
    prompt_marker(p, "<|constrain|>");
    prompt_text(p, "json");
    prompt_marker(p, "<|message|>");
    prompt_text(p, call->arguments);
    prompt_marker(p, "<|call|>");
}

static void harmony_result(prompt_builder *p, const chat_conversation *c, size_t i)
{
    prompt_marker(p, "<|start|>");
    prompt_text(p, "functions.");
    prompt_text(p, history_tool_name(p, c, i));
    prompt_text(p, " to=assistant");
    prompt_marker(p, "<|channel|>");
    prompt_text(p, "commentary");
    prompt_marker(p, "<|message|>");
    prompt_text(p, c->messages[i].content);
    prompt_marker(p, "<|end|>");
}

static bool has_call(const sw_message *m, const sw_tool_call *call)
{
    for (size_t k = 0; k < m->n_tool_calls; k++) {
        if (call == &m->tool_calls[k])
            return true;
    }
    return false;
}

/* The format knows one call at a time: each is followed by its results, wherever these are among the messages of tools
 * after messages[i]. */
static void harmony_calls(prompt_builder *p, const chat_conversation *c, size_t i)
{
    const sw_message *const m = &c->messages[i];
    for (size_t k = 0; k < m->n_tool_calls; k++) {
        harmony_call(p, &m->tool_calls[k]);
        for (size_t j = i + 1; j < c->n && c->messages[j].role == SW_ROLE_TOOL; j++) {
            if (c->calls[j] == &m->tool_calls[k])
                harmony_result(p, c, j);
        }
    }
}

/* ---- the conversation ---- */

/* Reasoning is written only in the turn in progress, beside a call whose answer is still to come. */
static void harmony_assistant(prompt_builder *p, const chat_conversation *c, size_t i, size_t turn_start)
{
    const sw_message *const m = &c->messages[i];
    if (m->n_tool_calls == 0) {
        harmony_message(p, "assistant", "final", "", m->content);
        return;
    }
    if (i >= turn_start && m->reasoning != NULL && m->reasoning[0] != '\0')
        harmony_message(p, "assistant", "analysis", "", m->reasoning);
    if (m->content[0] != '\0')
        harmony_message(p, "assistant", "commentary", "", m->content);
    harmony_calls(p, c, i);
}

void render_harmony(prompt_builder *p, const chat_conversation *c)
{
    static const sw_message NO_CALLER = {.role = SW_ROLE_SYSTEM};
    const sw_message *caller = &NO_CALLER; // the last message that is no tool's
    const size_t turn_start = history_turn_start(c);
    prompt_bos_if_added(p);
    harmony_system(p, c);
    for (size_t i = 0; i < c->n; i++) {
        const sw_message *const m = &c->messages[i];
        if (m->role != SW_ROLE_TOOL)
            caller = m;
        if (m->role == SW_ROLE_USER)
            harmony_message(p, "user", NULL, "", m->content);
        else if (m->role == SW_ROLE_ASSISTANT)
            harmony_assistant(p, c, i, turn_start);
        else if (m->role == SW_ROLE_TOOL && !has_call(caller, c->calls[i]))
            harmony_result(p, c, i);
        else if (m->role == SW_ROLE_SYSTEM && m->content[0] != '\0')
            harmony_message(p, "developer", NULL, "# Instructions\n\n", m->content);
    }
    prompt_marker(p, "<|start|>");
    prompt_text(p, "assistant");
}
