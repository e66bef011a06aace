/* renderers.h - one function per chat format: writes a conversation as the model was trained to read it.
 *
 * Messages are already checked: known roles, content not NULL, and calls of tools and their results only if
 * chat_writes_tools(format).  A renderer ends where the assistant is to continue.  Each follows the Jinja template that
 * the model was published with.
 */
#ifndef CHAT_RENDERERS_H
#define CHAT_RENDERERS_H

#include "chat/prompt.h"
#include "spillway.h"

typedef struct chat_conversation {
    const sw_message *messages; // (n)
    size_t n;
    const sw_tool_call *const *calls; // (n): of which messages[i] is the result, see history.h
    sw_effort effort;
    const char *date; // "YYYY-MM-DD"
} chat_conversation;

const char *chat_role_name(sw_role role); // "system", ...

void render_plain(prompt_builder *p, const chat_conversation *c);
void render_harmony(prompt_builder *p, const chat_conversation *c);
void render_phi3(prompt_builder *p, const chat_conversation *c);
void render_deepseek(prompt_builder *p, const chat_conversation *c);
void render_deepseek_v3(prompt_builder *p, const chat_conversation *c);
void render_deepseek_v31(prompt_builder *p, const chat_conversation *c);
void render_chatml(prompt_builder *p, const chat_conversation *c);
void render_mistral(prompt_builder *p, const chat_conversation *c);
void render_llama3(prompt_builder *p, const chat_conversation *c);

#endif
