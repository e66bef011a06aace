/* stress_analysis.h - everything that reports say about the stress run of one model, computed once.  Pure. */
#ifndef STRESS_STRESS_ANALYSIS_H
#define STRESS_STRESS_ANALYSIS_H

#include "figures/stress/answer_sections.h"
#include "figures/stress/context_ladder.h"
#include "figures/stress/degradation_law.h"
#include "figures/stress/session_levels.h"
#include "figures/stress/stress_criteria.h"
#include "figures/stress/stress_faults.h"

enum { STRESS_LEVELS_MAX = 32, STRESS_RUNGS_MAX = 48, STRESS_SECTIONS_MAX = 48 };

typedef struct stress_analysis {
    stress_figures figures;
    stress_criteria criteria;                         // that the run is judged by
    stress_judgement judgements[STRESS_CRITERIA_MAX]; // (n_judgements), in the order of the criteria
    size_t n_judgements;
    stress_faults faults;
    session_level levels[STRESS_LEVELS_MAX]; // (n_levels) sessions side by side
    size_t n_levels;
    degradation_law law;                  // of the levels
    context_rung rungs[STRESS_RUNGS_MAX]; // (n_rungs)
    size_t n_rungs;
    double recovery;                              // context_recovery
    answer_section sections[STRESS_SECTIONS_MAX]; // (n_sections) of long answers
    size_t n_sections;
} stress_analysis;

/* Of a run with stages.  It owns nothing, and must stay where it is: the judgements are views into its criteria.
 * Errors: SW_ENOMEM, SW_EFORMAT (the run's criteria cannot be read). */
SW_NODISCARD sw_code stress_analysis_of(const run_record *run, int subject, stress_analysis *out, sw_err *err);

#endif
