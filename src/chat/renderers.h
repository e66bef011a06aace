/* renderers.h - one function per chat format; messages are checked already. */
#ifndef SW_RENDERERS_H
#define SW_RENDERERS_H

#include "chat/prompt.h"

typedef struct sw_conversation {
    const sw_message *messages;
    size_t n;
    sw_effort effort;
    const char *date; // "YYYY-MM-DD"
} sw_conversation;

void sw__render_plain(sw_prompt *p, const sw_conversation *c);
void sw__render_harmony(sw_prompt *p, const sw_conversation *c);
void sw__render_phi3(sw_prompt *p, const sw_conversation *c);
void sw__render_deepseek(sw_prompt *p, const sw_conversation *c);
void sw__render_deepseek_v3(sw_prompt *p, const sw_conversation *c);
void sw__render_chatml(sw_prompt *p, const sw_conversation *c);
void sw__render_mistral(sw_prompt *p, const sw_conversation *c);
void sw__render_llama3(sw_prompt *p, const sw_conversation *c);

#endif
