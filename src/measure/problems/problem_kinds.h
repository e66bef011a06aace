/* problem_kinds.h - what a kind of problem is, for the files of the kinds.
 *
 * Internal to this room.  A kind writes a question and what its checker needs; problem_table.c does the rest.
 */
#ifndef PROBLEMS_PROBLEM_KINDS_H
#define PROBLEMS_PROBLEM_KINDS_H

#include "problems/answer_words.h"
#include "problems/problem.h"
#include "problems/problem_draw.h"

/* A problem that is being written. */
typedef struct problem_draft {
    int level;
    problem_draw draw;
    arena *keep;
    buf question, expected;
    int n_steps;
    const void *detail;
} problem_draft;

/* What a checker has besides the problem. */
typedef struct problem_check_input {
    answer_words words; // of the text
    answer_words steps; // of reasoning and text
    const char *text;   // (n_text), valid UTF-8 without NUL, NUL-terminated
    size_t n_text;
    const check_options *options;
    arena *keep;
    sw_err *err;
} problem_check_input;

typedef struct problem_kind_row {
    const char *name;
    uint64_t space[PROBLEM_LEVELS];
    bool (*make)(problem_draft *d); // false when memory is short
    /* The verdict has steps_all set, and is PROBLEM_UNREADABLE until the checker says otherwise. */
    sw_code (*check)(const problem *p, const problem_check_input *in, problem_verdict *out);
} problem_kind_row;

extern const problem_kind_row PROBLEM_ARITHMETIC_ROW, PROBLEM_UNITS_ROW, PROBLEM_GRID_ROW, PROBLEM_CROSSING_ROW,
    PROBLEM_CODE_ROW, PROBLEM_MEND_ROW;

/* Sets the outcome and its sentence, whose text is in `keep`.  Error: SW_ENOMEM. */
sw_code verdict_set(problem_verdict *out, const problem_check_input *in, problem_outcome outcome, const char *format,
                    ...) SW_PRINTF(4, 5);

#endif
