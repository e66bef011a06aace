/* history.h - what a message means beside those before it: whose result it is, which reasoning is still of use. */
#ifndef CHAT_HISTORY_H
#define CHAT_HISTORY_H

#include "chat/prompt.h"
#include "chat/renderers.h"
#include "gguf/gguf_values.h" // str_view

/* calls_out[i] becomes the call of which messages[i] is the result, if it is a tool's: the last one before it with its
 * id; without an id the one at the same place among the calls of the message that the results follow, or with its name.
 * NULL: there is none. */
void history_match(const sw_message *messages, size_t n, const sw_tool_call **calls_out);

/* The name of the tool whose result messages[i] is.  If it is not known, the prompt fails with SW_EINVAL and the name
 * is empty. */
const char *history_tool_name(prompt_builder *p, const chat_conversation *c, size_t i);

/* The first message after the last answer; messages with calls are no answers. */
size_t history_turn_start(const chat_conversation *c);

/* A past answer without the reasoning that clients return inside it, and without the line breaks after that. */
const char *history_without_thinking(const char *content);
/* The reasoning of a message, or what its content has between <think> and </think>; without line breaks around it. */
str_view history_reasoning(const sw_message *m);

#endif
