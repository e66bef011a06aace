/* review_session.h - the run that `spillway bench review` is about, and the actions that have files of their own. */
#ifndef CMD_REVIEW_SESSION_H
#define CMD_REVIEW_SESSION_H

#include "base/arena.h"
#include "figures/analysis.h"
#include "results/store.h"
#include "review/review_list.h"

/* The run that is reviewed. */
typedef struct review_session {
    const char *path;    // of the store
    result_store *store; // open for writing if the action writes
    run_record *run;
    run_analysis analysis;
    review_choice choice;
    arena *keep; // the path
} review_session;

/* Asks on the terminal, answer after answer, and stores each line at once.  Errors: those of stores and terminals. */
SW_NODISCARD sw_code review_talk(const review_session *s, sw_err *err);

/* Prints the reviews as a table, as wide as the terminal. */
SW_NODISCARD sw_code review_print(const review_session *s, sw_err *err);

#endif
