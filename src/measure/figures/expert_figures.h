/* expert_figures.h - which experts the tests of a model used: coverage, entropy, hot sets, and how unlike two tests
 * are.
 *
 * Definitions: docs/benchmark.md.  A model that tells nothing of its experts has no figures (n_tests 0).  Pure.
 */
#ifndef FIGURES_EXPERT_FIGURES_H
#define FIGURES_EXPERT_FIGURES_H

#include "results/record.h"
#include "spillway/error.h"

/* Means over the layers, for one test (all its repetitions) or all tests together. */
typedef struct expert_use_figures {
    const char *name; // of the test; "all tests"
    int64_t n_tokens;
    double coverage;            // share of experts that were chosen at all
    double expected_coverage;   // that n_tokens would reach if every expert were as likely
    double entropy_ratio;       // 1: all as often
    double effective_experts;   // e^entropy
    double top_share;           // of the n_used most chosen
    int hot_50, hot_80, hot_95; // smallest number of experts with that share, largest over the layers
} expert_use_figures;

/* Two tests, and how unlike their experts are. */
typedef struct expert_divergence {
    int a, b;       // positions in `tests`
    double jsd;     // Jensen-Shannon divergence, base 2, 0 to 1, mean over the layers
    double p_value; // that tests of one distribution differ as much, Holm-corrected over all pairs; NAN: not computed
} expert_divergence;

typedef struct expert_figures {
    int n_layers, n_experts, n_used;
    expert_use_figures all;
    expert_use_figures *tests; // (n_tests)
    size_t n_tests;
    expert_divergence *pairs; // (n_pairs), the most unlike first
    size_t n_pairs;
    double *heat;             // (n_tests, n_layers, n_experts): share of the layer's choices
    const char *p_value_unit; // what changed places between tests: "answers", "tokens" (these resemble their
                              // neighbours, so differences are found too easily); "": there are no p-values
} expert_figures;

/* Of the streamed tests of one model.  `seed` of the permutations.  Free it with expert_figures_free, also after an
 * error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code expert_figures_of(const run_record *run, int subject, uint64_t seed, expert_figures *out,
                                       sw_err *err);
/* The same without pairs of tests, whose p-values take most of the time. */
SW_NODISCARD sw_code expert_figures_brief_of(const run_record *run, int subject, expert_figures *out, sw_err *err);
void expert_figures_free(expert_figures *figures);

#endif
