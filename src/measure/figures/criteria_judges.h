/* criteria_judges.h - one function per criterion: fills a row that is inconclusive until it finds enough to judge. */
#ifndef FIGURES_CRITERIA_JUDGES_H
#define FIGURES_CRITERIA_JUDGES_H

#include "figures/criterion_row.h"

/* What the criteria ask for. */
extern const double CRITERION_PACE_MIN, CRITERION_SECONDS_MAX, CRITERION_LUMP_MAX;        // streaming
extern const double CRITERION_REPETITION_MAX, CRITERION_MARK_MIN, CRITERION_ACCURACY_MIN; // quality

void judge_loads(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_saving(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_expected_saving(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_completion(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_smooth(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_appearance(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_steady_speed(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_long_answer(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_expected_rate(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_repetition(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_loops(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_coherence(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_accuracy(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_preservation(const run_analysis *a, const subject_analysis *s, criterion_row *row);
void judge_narrative(const run_analysis *a, const subject_analysis *s, criterion_row *row);

#endif
