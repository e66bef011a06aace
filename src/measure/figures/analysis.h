/* analysis.h - everything that reports say about a run, computed once: per model and mode the figures of time, quality,
 * memory, experts and cause.  Reports format it and compute nothing.  Pure: the store's record goes in.
 */
#ifndef FIGURES_ANALYSIS_H
#define FIGURES_ANALYSIS_H

#include "figures/content.h"
#include "figures/expert_figures.h"
#include "figures/memory_figures.h"
#include "figures/mode_changes.h"
#include "figures/preservation.h"
#include "figures/speed_cause.h"
#include "figures/summary.h"

/* One value of a sweep: repetition over temperature. */
typedef struct sweep_point {
    const char *variant; // "temperature=0.7"
    double value;        // 0.7
    int n;               // completed answers
    double repetition_mean, repetition_max, mark_mean;
    int n_degenerate;
} sweep_point;

/* One model of the run. */
typedef struct subject_analysis {
    const subject_record *subject;
    char *label;                                        // how reports call it: labels.h
    int index;                                          // position in run_record.subjects
    run_summary modes[N_TEST_MODES];                    // n_rows 0: the mode was not run
    double steadiness, steadiness_low, steadiness_high; // median pace of the last quarter / of the first, with interval
    double mark_mean;                                   // content, 1 to 5
    int n_technical_passed, n_technical_run;
    double technical_accuracy;               // passed / run; NAN
    double cold_ttft_ms;                     // median of the cold requests; NAN
    preservation preserved[N_PRESERVATIONS]; // whether answers are as good, however they were asked for
    // Streamed, against the reference that does not offload; without pairs where a GPU was emulated.
    figure_change by_offloading[N_CHANGE_FIGURES];
    figure_change by_streaming[N_CHANGE_FIGURES]; // streamed, against whole documents
    memory_figures memory;
    expert_figures experts;
    speed_cause cause;
    sweep_point *sweep; // (n_sweep)
    size_t n_sweep;
    struct stress_analysis *stress; // figures/stress/stress_analysis.h; NULL: a benchmark
} subject_analysis;

typedef struct run_analysis {
    const run_record *run;
    subject_analysis *subjects; // (run->n_subjects)
    size_t n_subjects;
} run_analysis;

/* The views in *out are into `run`.  Free it with run_analysis_free, also after an error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code run_analysis_of(const run_record *run, run_analysis *out, sw_err *err);
/* What a page of many runs needs, in a fifth of the time: of the streamed and cold answers and those of the reference
 * alone, as if no other mode had been run; without the intervals of rates (NAN), pairs of tests (experts) and what
 * modes change.  All figures that are there, and what criteria say of them, are the same. */
SW_NODISCARD sw_code run_analysis_brief_of(const run_record *run, run_analysis *out, sw_err *err);
/* Sets the labels of all its models; for those that are made otherwise. */
SW_NODISCARD sw_code run_analysis_label(const run_record *run, run_analysis *out, sw_err *err);
void run_analysis_free(run_analysis *analysis);

#endif
