/* renderers.h - one function per chat format; messages are checked already. */
#ifndef CHAT_RENDERERS_H
#define CHAT_RENDERERS_H

#include "chat/prompt.h"

typedef struct chat_conversation {
    const sw_message *messages;
    size_t n;
    sw_effort effort;
    const char *date; // "YYYY-MM-DD"
} chat_conversation;

void render_plain(prompt_builder *p, const chat_conversation *c);
void render_harmony(prompt_builder *p, const chat_conversation *c);
void render_phi3(prompt_builder *p, const chat_conversation *c);
void render_deepseek(prompt_builder *p, const chat_conversation *c);
void render_deepseek_v3(prompt_builder *p, const chat_conversation *c);
void render_chatml(prompt_builder *p, const chat_conversation *c);
void render_mistral(prompt_builder *p, const chat_conversation *c);
void render_llama3(prompt_builder *p, const chat_conversation *c);

#endif
