/* renderers.c - the chat formats that have no form for calls of tools, from plain lines to Mistral's two layouts. */
#include "chat/renderers.h"

#include <string.h>

const char *chat_role_name(sw_role role)
{
    static const char *const NAMES[] = {[SW_ROLE_SYSTEM] = "system",
                                        [SW_ROLE_USER] = "user",
                                        [SW_ROLE_ASSISTANT] = "assistant",
                                        [SW_ROLE_TOOL] = "tool"};
    return NAMES[role];
}

void render_plain(prompt_builder *p, const chat_conversation *c)
{
    prompt_bos_if_added(p);
    for (size_t i = 0; i < c->n; i++) {
        prompt_text(p, chat_role_name(c->messages[i].role));
        prompt_text(p, ": ");
        prompt_text(p, c->messages[i].content);
        prompt_text(p, "\n");
    }
    prompt_text(p, "assistant:");
}

/* ---- formats with a marker per role ---- */

void render_phi3(prompt_builder *p, const chat_conversation *c)
{
    static const char *const MARKERS[] = {
        [SW_ROLE_SYSTEM] = "<|system|>", [SW_ROLE_USER] = "<|user|>", [SW_ROLE_ASSISTANT] = "<|assistant|>"};
    prompt_bos_if_added(p);
    for (size_t i = 0; i < c->n; i++) {
        const sw_message *const m = &c->messages[i];
        if (m->role == SW_ROLE_SYSTEM && m->content[0] == '\0')
            continue;
        prompt_marker(p, MARKERS[m->role]);
        prompt_text(p, "\n");
        prompt_text(p, m->content);
        prompt_marker(p, "<|end|>");
        prompt_text(p, "\n");
    }
    prompt_marker(p, "<|assistant|>");
    prompt_text(p, "\n");
}

static void llama3_header(prompt_builder *p, const char *role)
{
    prompt_marker(p, "<|start_header_id|>");
    prompt_text(p, role);
    prompt_marker(p, "<|end_header_id|>");
    prompt_text(p, "\n\n");
}

/* The template trims white space on both sides of a message. */
void render_llama3(prompt_builder *p, const chat_conversation *c)
{
    prompt_id(p, vocab_bos(p->v));
    for (size_t i = 0; i < c->n; i++) {
        const char *const content = c->messages[i].content;
        const char *const text = content + vocab_leading_space(content, strlen(content));
        size_t n = strlen(text);
        while (n > 0 && vocab_leading_space(text + n - 1, 1) > 0)
            n--;
        llama3_header(p, chat_role_name(c->messages[i].role));
        prompt_bytes(p, text, n);
        prompt_marker(p, "<|eot_id|>");
    }
    llama3_header(p, "assistant");
}

/* ---- formats whose markers are plain text, so that a message can imitate them ---- */

void render_deepseek(prompt_builder *p, const chat_conversation *c)
{
    prompt_id(p, vocab_bos(p->v));
    for (size_t i = 0; i < c->n; i++) {
        const sw_message *const m = &c->messages[i];
        if (m->role == SW_ROLE_USER)
            prompt_text(p, "User: ");
        if (m->role == SW_ROLE_ASSISTANT)
            prompt_text(p, "Assistant: ");
        prompt_text(p, m->content);
        if (m->role == SW_ROLE_ASSISTANT)
            prompt_id(p, vocab_eos(p->v));
        else
            prompt_text(p, "\n\n");
    }
    prompt_text(p, "Assistant:");
}

/* There are two layouts: that of the first models, and that of later vocabularies (v3), which have [INST] as a token.
 * They differ in spaces, and the later one puts the system text before the last user message instead of the first. */
typedef struct mistral_layout {
    const char *before_end, *before_answer, *after_system;
    bool has_late_system;
} mistral_layout;

static void mistral_user(prompt_builder *p, const mistral_layout *l, const char *system, const char *text)
{
    prompt_marker_or_text(p, "[INST]");
    prompt_text(p, " ");
    if (system != NULL) {
        prompt_text(p, system);
        prompt_text(p, l->after_system);
    }
    prompt_text(p, text);
    prompt_text(p, l->before_end);
    prompt_marker_or_text(p, "[/INST]");
}

/* User and assistant must alternate, with a user first and last. */
static void check_turns(prompt_builder *p, const chat_conversation *c, size_t n_system)
{
    for (size_t i = n_system; i < c->n && p->code == SW_OK; i++) {
        const bool is_user_turn = (i - n_system) % 2 == 0;
        if (c->messages[i].role != (is_user_turn ? SW_ROLE_USER : SW_ROLE_ASSISTANT))
            p->code = sw_fail(p->err, SW_EINVAL,
                              "messages[%zu]: this model's chat format needs user and assistant in turn, after at "
                              "most one system message",
                              i);
    }
    if ((c->n - n_system) % 2 == 0 && p->code == SW_OK)
        p->code = sw_fail(p->err, SW_EINVAL, "messages: this model's chat format needs a user message at the end");
}

void render_mistral(prompt_builder *p, const chat_conversation *c)
{
    static const mistral_layout EARLY = {" ", "", "\n", false}, LATE = {"", " ", "\n\n", true};
    const mistral_layout *const l = vocab_find(p->v, "[INST]") != TOKEN_NONE ? &LATE : &EARLY;
    const size_t n_system = c->messages[0].role == SW_ROLE_SYSTEM ? 1 : 0;
    const size_t system_at = l->has_late_system ? c->n - 1 : n_system;
    check_turns(p, c, n_system);
    prompt_id(p, vocab_bos(p->v));
    for (size_t i = n_system; i < c->n; i++) {
        const sw_message *const m = &c->messages[i];
        if (m->role == SW_ROLE_USER) {
            mistral_user(p, l, n_system > 0 && i == system_at ? c->messages[0].content : NULL, m->content);
        } else {
            prompt_text(p, l->before_answer);
            prompt_text(p, m->content);
            prompt_id(p, vocab_eos(p->v));
        }
    }
}
