/* handle.h - what is behind the public sw_engine. */
#ifndef PUBLIC_HANDLE_H
#define PUBLIC_HANDLE_H

#include "chat/chat.h"
#include "engine/lm.h"
#include "engine/scheduler.h"
#include "spillway.h"
#include "token/vocab.h"

struct sw_engine {
    sw_model_file *file; // owns the strings of info; NULL for the stub
    sw_model_info info;
    vocabulary *vocab;
    chat_format chat;
    const char *date; // what models are told, in date_text, or NULL: today
    char date_text[sizeof "YYYY-MM-DD"];
    language_model *lm;
    scheduler *scheduler;
    const sw_clock *clock;
    sw_engine_state state; // what is constant after open
};

#endif
