/* handle.h - the structs of the public sw_engine and sw_tokenizer, for the files that implement their functions. */
#ifndef PUBLIC_HANDLE_H
#define PUBLIC_HANDLE_H

#include "engine/lm.h"
#include "engine/scheduler.h"
#include "public/request.h"
#include "spillway.h"

struct sw_tokenizer {
    vocabulary *vocab;
};

struct sw_engine {
    sw_model_file *file; // owns the strings of info; NULL for the stub
    sw_model_info info;
    request_context context; // owns its vocabulary
    sw_tokenizer tokenizer;  // a view of that
    char date_text[sizeof "YYYY-MM-DD"];
    char compat_note[256]; // empty: nothing to say
    language_model *lm;    // owned; the scheduler's thread calls it
    scheduler *scheduler;
    const sw_clock *clock; // the options', or the system's
    sw_engine_state state; // without the members that change after open
};

#endif
