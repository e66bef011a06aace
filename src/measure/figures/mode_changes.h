/* mode_changes.h - what a mode changes: figures of tests that were asked in two ways, pair by pair (A/B).
 *
 * Pairs have the same prompt, repetition and seed, and the runner alternates the modes, so that what drifts over a run
 * is the same for both.  Pure.
 */
#ifndef FIGURES_MODE_CHANGES_H
#define FIGURES_MODE_CHANGES_H

#include "figures/compare.h"
#include "figures/summary.h"

enum {
    N_CHANGE_FIGURES = 6,
    CHANGE_PAIRS_MIN = 6, // fewer have no interval
};

typedef struct figure_change {
    const char *name, *unit;
    bool higher_is_better;
    size_t n;               // pairs in which both have the figure
    double a, b;            // medians
    double relative;        // (b - a) / a; NAN: no pairs
    interval range;         // 95 %, of `relative`
    double p_value;         // of random exchange within pairs, Holm-corrected over the figures
    change_verdict verdict; // "better" and "worse" only with a p-value of at most 0.05
} figure_change;

/* Of b against a.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code mode_changes_of(const run_summary *a, const run_summary *b, uint64_t seed,
                                     figure_change out[N_CHANGE_FIGURES], sw_err *err);

#endif
