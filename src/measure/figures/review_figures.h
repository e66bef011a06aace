/* review_figures.h - what people say of a run's answers in figures: means by model and by test, and agreement with the
 * automatic checks and with each other.  Pure: the analysis of a run goes in.
 */
#ifndef FIGURES_REVIEW_FIGURES_H
#define FIGURES_REVIEW_FIGURES_H

#include "figures/agreement.h"
#include "figures/analysis.h"

/* Reviewers whose agreement is computed pair by pair: the first of all by name. */
enum { REVIEW_PAIRED_MAX = 8 };

/* The reviews of one model, or of one test of it. */
typedef struct review_group {
    int subject;             // position in run_record.subjects
    const test_record *test; // one of the group, which names the test; NULL: all tests of the model
    size_t n;                // reviews
    size_t n_scores[N_REVIEW_SCORES];
    double means[N_REVIEW_SCORES]; // NAN of none
    size_t n_flags[N_REVIEW_FLAGS];
    double mark; // mean automatic mark of the answers that have one and a person's content score; NAN of none
} review_group;

/* What a flag says beside what the program finds. */
typedef struct flag_counts {
    size_t n_both, n_person, n_program, n_neither; // reviews
} flag_counts;

/* Two reviewers, of the answers that both scored. */
typedef struct reviewer_pair {
    const char *a, *b;
    size_t n[N_REVIEW_SCORES];
    double kappa[N_REVIEW_SCORES];
} reviewer_pair;

typedef struct review_figures {
    review_group *models; // (n_models) those with reviews, in the order of the run
    size_t n_models;
    review_group *tests; // (n_tests) test by test, model by model
    size_t n_tests;
    agreement content;                 // automatic mark - mean of the people's scores, answer by answer
    agreement accuracy;                // the same of 1 + 4 x share of passed technical checks
    flag_counts flags[N_REVIEW_FLAGS]; // FLAG_ODD: the program finds nothing like it
    reviewer_pair *pairs;              // (n_pairs)
    size_t n_pairs;
    size_t n_reviewers; // different names
} review_figures;

/* The views in *out are into the run.  Free it with review_figures_free, also after an error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code review_figures_of(const run_analysis *analysis, review_figures *out, sw_err *err);
void review_figures_free(review_figures *figures);

/* The figures of a measured test. */
const summary_row *analysis_row(const run_analysis *analysis, const test_record *test);

/* Returns true if the program finds what the flag says; of FLAG_ODD never.  The words are REVIEW_FINDINGS. */
bool program_finds(review_flag flag, const summary_row *row);
extern const char *const REVIEW_FINDINGS[N_REVIEW_FLAGS];

#endif
