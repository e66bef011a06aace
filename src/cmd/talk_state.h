/* talk_state.h - a chat while it runs, as its turns and its commands see it. */
#ifndef CMD_TALK_STATE_H
#define CMD_TALK_STATE_H

#include <limits.h>
#include <stdbool.h>

#include "base/limits.h"
#include "cmd/conversation.h"
#include "cmd/generate.h"
#include "cmd/sampling_args.h"
#include "spillway.h"

/* What a chat is started with. */
typedef struct talk_options {
    sw_engine **engine;     // open; /model replaces it
    const char *model;      // its path
    const char *model_dirs; // where /model looks for names; NULL: the default folders
    sw_code (*open)(void *ud, const char *path, sw_engine **out, sw_err *err);
    void *ud;
    sampling_args *sampling; // of every turn; /set changes it
    const char *system;      // may be NULL
    bool prints_speed;       // after every answer
    bool keeps_history;      // of typed lines, on disk
} talk_options;

typedef struct talk {
    const talk_options *o;
    generation *g;
    conversation c;
    bool prints_speed;
    bool has_answer;    // g holds a complete one, and the conversation ends with it
    bool was_cut;       // the last answer filled the context
    long n_regenerated; // added to the seed, so that /regen gives another answer
    char model[PATH_MAX];
    char stop[LIMIT_STOP_STRING_BYTES + 1]; // text of /set stop
} talk;

/* One question and its answer; `question` NULL asks the last question again.  Without an answer the question is removed
 * too.  Errors: SW_ENOMEM, SW_EIO. */
SW_NODISCARD sw_code talk_take_turn(talk *t, const char *question, sw_err *err);

/* Prints model, context, threads and kernels. */
void talk_print_banner(const talk *t);

/* Executes a line that begins with '/'; *ends_out: it ends the chat.  Errors: as talk_run; others are printed. */
SW_NODISCARD sw_code talk_obey(talk *t, const char *line, bool *ends_out, sw_err *err);

#endif
