/* preservation_verdict.h - what pairs of answers say about the quality that is preserved: the figures, the verdict and
 * its words.
 */
#ifndef FIGURES_PRESERVATION_VERDICT_H
#define FIGURES_PRESERVATION_VERDICT_H

#include "figures/equality.h"
#include "figures/forced_agreement.h"
#include "figures/paired_change.h"

// clang-format off
#define PRESERVATION_TABLE(X) \
    X(OFFLOADED,       "offloaded",       "offloaded against not")           /* both streamed */ \
    X(OFFLOADED_WHOLE, "offloaded_whole", "offloaded and whole against not") /* against streamed and not offloaded */ \
    X(STREAMED,        "streamed",        "streamed against whole") \
    X(REPEATED,        "repeated",        "repeated against first")          /* later repetitions, same seed */
// clang-format on

#define PRESERVATION_ENUM(name, text, meaning) PRESERVES_##name,
typedef enum preservation_kind { PRESERVATION_TABLE(PRESERVATION_ENUM) N_PRESERVATIONS } preservation_kind;
#undef PRESERVATION_ENUM

const char *preservation_name(preservation_kind kind);    // "offloaded"
const char *preservation_meaning(preservation_kind kind); // "offloaded against not"

typedef enum preservation_verdict {
    PRESERVED_IDENTICAL,  // every answer is
    PRESERVED_NO_LOSS,    // they differ, and no figure is worse
    PRESERVED_LOST,       // a figure is worse: not by chance (5 %, Holm-corrected over the three), and beyond a margin
    PRESERVED_UNCLEAR,    // too few different pairs, or nothing that marks them
    PRESERVED_SAME_SIDES, // both servers had the experts in one place: nothing was compared
    PRESERVED_NOT_MEASURED, // no pairs
} preservation_verdict;

const char *preservation_verdict_name(preservation_verdict verdict); // "identical", "no loss found", ...

/* Of a test, or of all. */
typedef struct preserved_counts {
    int n_pairs, n_equal;
    int n_by_tokens;             // pairs that were compared token by token; the others byte by byte
    double common_share;         // mean of the common prefix / the longer answer; NAN: no pairs
    double first_difference;     // where the pair that parts first does, from 0: a token, or a byte; NAN: none does
    int n_checks, n_won, n_lost; // run on both sides; passed on the new side only, on the base only
    double mark_change, repetition_change; // means of new - base; NAN: no pair has both
} preserved_counts;

typedef struct preserved_test {
    const test_record *test; // one of them
    preserved_counts counts;
} preserved_test;

typedef struct preservation {
    preservation_kind kind;
    preservation_verdict verdict;
    char why[200];   // nothing could be said of the quality: the reason; else "".  Valid UTF-8, like
    char words[400]; // the verdict with its figures
    preserved_counts all;
    preserved_test *tests; // (n_tests), in the order of the protocol
    size_t n_tests;
    size_t n_distinct;              // pairs that differ from each other: of them, what follows
    double checks_p_value;          // McNemar's, but not below that of exchanging whole answers; NAN: no pairs
    paired_change mark, repetition; // means, new - base
    forced_agreement forced;        // of the two servers, where one offloads and the other does not
} preservation;

/* Answers to one question: `a` is the base. */
typedef struct preserved_pair {
    const summary_row *a, *b;
    answer_agreement agreement;
    int n_checks, n_won, n_lost;
    double mark_a, mark_b; // NAN: not marked
} preserved_pair;

/* Sets verdict and words from all else. */
SW_NODISCARD sw_code preservation_judge(const run_record *run, int subject, const run_summary *modes,
                                        const preserved_pair *pairs, preservation *p, sw_err *err);

#endif
