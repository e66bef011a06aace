/* test_pairs.h - which answer of one run belongs to which of another: same model, mode, test and repetition; of stress
 * runs same model, stage and item, and session and turn.  Pure. */
#ifndef COMPARE_TEST_PAIRS_H
#define COMPARE_TEST_PAIRS_H

#include "figures/analysis.h"

typedef struct test_pair {
    int subject;              // position in the subjects of a
    int stage;                // position in the stages of a; -1: of a benchmark
    int test;                 // a number for each test of a model in a mode, whatever its repetition
    const summary_row *a, *b; // the same prompt, settings and repetition
} test_pair;

typedef struct test_pairs {
    test_pair *items; // (n), by model, stage, mode, test and repetition
    size_t n;
    size_t n_only_a, n_only_b; // measured tests that the other run does not have
    int n_tests;               // numbers that were given
    int *subject_of_a;         // (subjects of b) the model of a, or -1
} test_pairs;

/* Models are the same by name and the hash of their file, else by name, else by hash, each of a run once; one model of
 * each run is the same whatever it is called. is_loose: temperature and seed of a test may differ, because they are
 * what is compared.  Stages are the same by their suite and name.  The pairs are views into both.  Free *out with
 * test_pairs_free, also after an error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code test_pairs_of(const run_analysis *a, const run_analysis *b, bool is_loose, test_pairs *out,
                                   sw_err *err);
void test_pairs_free(test_pairs *pairs);

#endif
