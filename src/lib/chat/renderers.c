/* renderers.c - the chat formats as code, from plain lines to Mistral's two layouts. */
#include "chat/renderers.h"

#include <string.h>

/* For formats that follow the file's flag.  Those whose template writes BOS itself use prompt_id(vocab_bos). */
static void bos_if_added(prompt_builder *p)
{
    if (vocab_adds_bos(p->v))
        prompt_id(p, vocab_bos(p->v));
}

static const char *role_name(sw_role role)
{
    static const char *const NAMES[] = {[SW_ROLE_SYSTEM] = "system",
                                        [SW_ROLE_USER] = "user",
                                        [SW_ROLE_ASSISTANT] = "assistant",
                                        [SW_ROLE_TOOL] = "tool"};
    return NAMES[role];
}

/* A past answer without the reasoning that clients return inside it, and without the line breaks after that. */
static const char *without_thinking(const char *content)
{
    static const char END[] = "</think>";
    for (const char *next; (next = strstr(content, END)) != NULL;) {
        content = next + strlen(END);
        content += strspn(content, "\n");
    }
    return content;
}

void render_plain(prompt_builder *p, const chat_conversation *c)
{
    bos_if_added(p);
    for (size_t i = 0; i < c->n; i++) {
        prompt_text(p, role_name(c->messages[i].role));
        prompt_text(p, ": ");
        prompt_text(p, c->messages[i].content);
        prompt_text(p, "\n");
    }
    prompt_text(p, "assistant:");
}

/* ---- Harmony ---- */

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

/* The reasoning of past answers is left out: the format keeps it only until the answer is final. */
void render_harmony(prompt_builder *p, const chat_conversation *c)
{
    bos_if_added(p);
    harmony_system(p, c);
    for (size_t i = 0; i < c->n; i++) {
        const sw_message *const m = &c->messages[i];
        if (m->role == SW_ROLE_USER)
            harmony_message(p, "user", NULL, "", m->content);
        else if (m->role == SW_ROLE_ASSISTANT)
            harmony_message(p, "assistant", "final", "", m->content);
        else if (m->content[0] != '\0')
            harmony_message(p, "developer", NULL, "# Instructions\n\n", m->content);
    }
    prompt_marker(p, "<|start|>");
    prompt_text(p, "assistant");
}

/* ---- formats with a marker per role ---- */

void render_phi3(prompt_builder *p, const chat_conversation *c)
{
    static const char *const MARKERS[] = {
        [SW_ROLE_SYSTEM] = "<|system|>", [SW_ROLE_USER] = "<|user|>", [SW_ROLE_ASSISTANT] = "<|assistant|>"};
    bos_if_added(p);
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

void render_chatml(prompt_builder *p, const chat_conversation *c)
{
    bos_if_added(p);
    for (size_t i = 0; i < c->n; i++) {
        const sw_message *const m = &c->messages[i];
        prompt_marker(p, "<|im_start|>");
        prompt_text(p, role_name(m->role));
        prompt_text(p, "\n");
        prompt_text(p, m->role == SW_ROLE_ASSISTANT ? without_thinking(m->content) : m->content);
        prompt_marker(p, "<|im_end|>");
        prompt_text(p, "\n");
    }
    prompt_marker(p, "<|im_start|>");
    prompt_text(p, "assistant\n");
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
        llama3_header(p, role_name(c->messages[i].role));
        prompt_bytes(p, text, n);
        prompt_marker(p, "<|eot_id|>");
    }
    llama3_header(p, "assistant");
}

void render_deepseek_v3(prompt_builder *p, const chat_conversation *c)
{
    prompt_id(p, vocab_bos(p->v));
    for (size_t i = 0; i < c->n; i++) {
        const sw_message *const m = &c->messages[i];
        if (m->role == SW_ROLE_USER) {
            prompt_marker(p, "<｜User｜>");
            prompt_text(p, m->content);
        } else if (m->role == SW_ROLE_ASSISTANT) {
            prompt_marker(p, "<｜Assistant｜>");
            prompt_text(p, without_thinking(m->content));
            prompt_id(p, vocab_eos(p->v));
        } else {
            prompt_text(p, m->content);
        }
    }
    prompt_marker(p, "<｜Assistant｜>");
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

/* A marker if the vocabulary has it as a token, otherwise its text. */
static void marker_or_text(prompt_builder *p, const char *marker)
{
    if (vocab_find(p->v, marker) != TOKEN_NONE)
        prompt_marker(p, marker);
    else
        prompt_text(p, marker);
}

/* There are two layouts: that of the first models, and that of later vocabularies (v3), which have [INST] as a token.
 * They differ in spaces, and the later one puts the system text before the last user message instead of the first. */
typedef struct mistral_layout {
    const char *before_end, *before_answer, *after_system;
    bool has_late_system;
} mistral_layout;

static void mistral_user(prompt_builder *p, const mistral_layout *l, const char *system, const char *text)
{
    marker_or_text(p, "[INST]");
    prompt_text(p, " ");
    if (system != NULL) {
        prompt_text(p, system);
        prompt_text(p, l->after_system);
    }
    prompt_text(p, text);
    prompt_text(p, l->before_end);
    marker_or_text(p, "[/INST]");
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
