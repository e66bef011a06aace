/* problem.h - generated problems whose answers a program can check.
 *
 * A problem follows from its kind, its level and a seed, on every machine.  It is solved before it is asked: a grid has
 * one solution, a river can be crossed, a planted bug changes a result.  The checker reads the answer as people write
 * answers, and says whether its result is right and how many of its steps are; an answer without a result that it
 * understands is unreadable, which is neither.
 *
 * The seeds n .. n + problem_space() - 1 give that many different problems, so a run that counts its seeds up never
 * asks one twice.
 */
#ifndef PROBLEMS_PROBLEM_H
#define PROBLEMS_PROBLEM_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "quality/check_list.h"

typedef enum problem_kind {
    PROBLEM_ARITHMETIC, // sums in several steps
    PROBLEM_UNITS,      // conversions along a chain of units
    PROBLEM_GRID,       // who is where with what, from clues with one solution
    PROBLEM_CROSSING,   // a boat, a river, and things that must not be left alone
    PROBLEM_CODE,       // a Python function to write
    PROBLEM_MEND,       // a Python function with one bug
    N_PROBLEM_KINDS
} problem_kind;

enum {
    PROBLEM_LEVELS = 4,           // 0 .. 3; docs/problems.md says what each holds
    PROBLEM_QUESTION_BYTES = 8192 // a question is never longer
};

typedef struct problem {
    problem_kind kind;
    int level;
    uint64_t seed;
    const char *item; // "arithmetic/2/seed=17"
    const char *question;
    const char *expected; // a right answer, as short as it can be
    int n_steps;          // that a full answer shows; 0: only the result is checked
    const void *detail;   // of its kind
} problem;

typedef struct problem_answer {
    const char *text; // (n), any bytes; only the first LIMIT_CHECK_ANSWER_BYTES are read
    size_t n;
    const char *reasoning; // (n_reasoning), where the server tells it apart: steps may be in it; may be NULL
    size_t n_reasoning;
} problem_answer;

typedef enum problem_outcome {
    PROBLEM_RIGHT,
    PROBLEM_WRONG,
    PROBLEM_UNREADABLE, // no result was found
    PROBLEM_NOT_RUN,    // there is no sandbox for its code
} problem_outcome;

typedef struct problem_verdict {
    problem_outcome outcome;
    int steps_right, steps_all;
    int n_false;        // statements of the answer that are not true, such as "3 + 4 = 8"
    const char *reason; // a sentence without its stop
} problem_verdict;

const char *problem_kind_name(problem_kind kind);
/* The kind with that name, or -1; the names of all, for a message. */
int problem_kind_find(const char *name);
extern const char PROBLEM_KIND_NAMES[];
/* Reads "grid" (*level: -1) or "grid/2".  Error: SW_EINVAL. */
SW_NODISCARD sw_code problem_name_read(const char *name, problem_kind *kind, int *level, sw_err *err);
const char *problem_outcome_name(problem_outcome outcome);

/* How many seeds in a row give different problems; at least 1,000. */
uint64_t problem_space(problem_kind kind, int level);

/* *out and its texts are in `keep`.  Errors: SW_EINVAL (no such level), SW_ENOMEM. */
SW_NODISCARD sw_code problem_make(problem_kind kind, int level, uint64_t seed, arena *keep, const problem **out,
                                  sw_err *err);

/* The verdict's text is in `keep`.  Code runs only if options->run_code.  Errors: SW_ENOMEM, SW_ECANCELED. */
SW_NODISCARD sw_code problem_check(const problem *p, const problem_answer *answer, const check_options *options,
                                   arena *keep, problem_verdict *out, sw_err *err);

/* Appends item, question, expected answer and number of steps, as people read them. */
void problem_print(const problem *p, buf *out);

#endif
