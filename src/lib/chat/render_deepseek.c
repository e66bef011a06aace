/* render_deepseek.c - DeepSeek V3 and R1, and V3.1, which writes calls of tools in another way. */
#include "chat/history.h"
#include "chat/renderers.h"

/* V3: ARGUMENTS in a block of code, and a frame around the results.  V3.1: neither. */
typedef enum deepseek_version { DEEPSEEK_3, DEEPSEEK_3_1 } deepseek_version;

static void deepseek_call(prompt_builder *p, const sw_tool_call *call, deepseek_version version)
{
    prompt_marker(p, "<｜tool▁call▁begin｜>");
    if (version == DEEPSEEK_3) {
        prompt_text(p, "function");
        prompt_marker(p, "<｜tool▁sep｜>");
        prompt_text(p, call->name);
        prompt_text(p, "\n```json\n");
        prompt_text(p, call->arguments);
        prompt_text(p, "\n```");
    } else {
        prompt_text(p, call->name);
        prompt_marker(p, "<｜tool▁sep｜>");
        prompt_text(p, call->arguments);
    }
    prompt_marker(p, "<｜tool▁call▁end｜>");
}

static void deepseek_calls(prompt_builder *p, const sw_message *m, deepseek_version version)
{
    prompt_marker(p, "<｜tool▁calls▁begin｜>");
    for (size_t k = 0; k < m->n_tool_calls; k++) {
        prompt_text(p, k > 0 && version == DEEPSEEK_3 ? "\n" : "");
        deepseek_call(p, &m->tool_calls[k], version);
    }
    prompt_marker(p, "<｜tool▁calls▁end｜>");
}

static bool is_result(const chat_conversation *c, size_t i)
{
    return i < c->n && c->messages[i].role == SW_ROLE_TOOL;
}

static void deepseek_result(prompt_builder *p, const chat_conversation *c, size_t i, deepseek_version version)
{
    const bool has_frame = version == DEEPSEEK_3, is_first = i == 0 || !is_result(c, i - 1);
    if (has_frame && is_first)
        prompt_marker(p, "<｜tool▁outputs▁begin｜>");
    else if (has_frame)
        prompt_text(p, "\n");
    prompt_marker(p, "<｜tool▁output▁begin｜>");
    prompt_text(p, c->messages[i].content);
    prompt_marker(p, "<｜tool▁output▁end｜>");
    if (has_frame && !is_result(c, i + 1))
        prompt_marker(p, "<｜tool▁outputs▁end｜>");
}

/* After results the assistant continues without its marker. */
static void deepseek_assistant(prompt_builder *p, const chat_conversation *c, size_t i, deepseek_version version)
{
    const sw_message *const m = &c->messages[i];
    if (i == 0 || !is_result(c, i - 1))
        prompt_marker(p, "<｜Assistant｜>");
    prompt_text(p, history_without_thinking(m->content));
    if (m->n_tool_calls > 0)
        deepseek_calls(p, m, version);
    prompt_id(p, vocab_eos(p->v));
}

static void render(prompt_builder *p, const chat_conversation *c, deepseek_version version)
{
    prompt_id(p, vocab_bos(p->v));
    for (size_t i = 0; i < c->n; i++) {
        const sw_message *const m = &c->messages[i];
        switch (m->role) {
        case SW_ROLE_SYSTEM: prompt_text(p, m->content); break;
        case SW_ROLE_USER:
            prompt_marker(p, "<｜User｜>");
            prompt_text(p, m->content);
            break;
        case SW_ROLE_ASSISTANT: deepseek_assistant(p, c, i, version); break;
        case SW_ROLE_TOOL: deepseek_result(p, c, i, version); break;
        }
    }
    if (!is_result(c, c->n - 1))
        prompt_marker(p, "<｜Assistant｜>");
}

void render_deepseek_v3(prompt_builder *p, const chat_conversation *c)
{
    render(p, c, DEEPSEEK_3);
}

void render_deepseek_v31(prompt_builder *p, const chat_conversation *c)
{
    render(p, c, DEEPSEEK_3_1);
}
