/* exact_changes.h - what needs no statistics: tests and checks that passed and fail, answers that were repeatable and
 * changed, and verdicts of stress runs.  Pure.
 */
#ifndef COMPARE_EXACT_CHANGES_H
#define COMPARE_EXACT_CHANGES_H

#include "compare/compare_metrics.h"
#include "compare/test_pairs.h"

typedef struct exact_change {
    compare_metric metric; // COMPARE_FAILED (a pair), COMPARE_CHECKS, COMPARE_OUTPUTS (all repetitions of a test),
                           // COMPARE_VERDICTS
    int subject;           // of a
    const test_pair *pair; // where it was seen first; COMPARE_VERDICTS: NULL
    const char *check;     // COMPARE_CHECKS: its name; COMPARE_VERDICTS: the criterion; else ""
} exact_change;

typedef struct exact_changes {
    exact_change *items; // (n)
    size_t n, cap;
    int n_compared[N_COMPARE_METRICS]; // pairs, checks and tests that could have changed
} exact_changes;

/* A check counts if it passed in every repetition of a and fails in half of b's or more.  Answers are repeatable if
 * both runs were served by spillway, whose output depends on nothing but its input, or if each run has two answers or
 * more to the prompt and seed and they are equal.  Views into both runs.  Free *out with exact_changes_free, also after
 * an error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code exact_changes_of(const test_pairs *pairs, const run_record *a, const run_record *b,
                                      exact_changes *out, sw_err *err);
void exact_changes_free(exact_changes *changes);

#endif
