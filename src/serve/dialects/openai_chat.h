/* openai_chat.h - OpenAI's chat completions as a family. */
#ifndef DIALECTS_OPENAI_CHAT_H
#define DIALECTS_OPENAI_CHAT_H

#include "dialects/dialect.h"

extern const dialect OPENAI_CHAT;

#endif
