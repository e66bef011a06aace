/* think.h - answers that begin with <think>reasoning</think> (ChatML models that reason, DeepSeek-R1). */
#ifndef CHAT_THINK_H
#define CHAT_THINK_H

#include "chat/parser_text.h"

/* {0} is the start of an answer. */
typedef struct think {
    enum { THINK_START, THINK_REASONING, THINK_AFTER, THINK_CONTENT } state;
    bool has_begun; // some reasoning was emitted: line breaks no longer belong to the opening tag
} think;

/* Emits the part of text->known whose kind is certain; all of it when the answer is over. */
void think_run(think *t, parser_text *text, bool is_over);

#endif
