/* stress_rows.h - the requests of a stress run of one model, with their figures, by suite.
 *
 * Figures are asked of some suites: a rate that is sustained is one of long answers, not of a ladder of prompts.  A run
 * without stages (a benchmark) is one suite, which answers to every name.  Views into the run.
 */
#ifndef STRESS_STRESS_ROWS_H
#define STRESS_STRESS_ROWS_H

#include "figures/metrics.h"
#include "results/record.h"

typedef struct stress_rows {
    const run_record *run;
    int subject;
    summary_row *rows; // (n) no warm-ups, in the order in which they began
    size_t n;
} stress_rows;

/* Free it with stress_rows_free, also after an error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code stress_rows_of(const run_record *run, int subject, stress_rows *out, sw_err *err);
void stress_rows_free(stress_rows *rows);

/* A list of suites; NULL: all. */
typedef const char *const *suite_names; // ends with NULL

bool stress_row_is_of(const stress_rows *rows, const test_record *test, suite_names suites);
/* Returns true if its stage is of that kind of work; of a run without stages always. */
bool stress_row_is_work(const stress_rows *rows, const test_record *test, const char *work);
bool stress_row_is_completed(const summary_row *row);
/* Returns true if the run has such a suite. */
bool stress_rows_have(const stress_rows *rows, suite_names suites);

/* The longest stage in which one kind of work goes on, of which alone a series can be made: contexts that grow, or
 * other work, look like leaks and slowing down.  STAGE_ALL: the run has no stages; STAGE_NONE: it has none of that
 * kind. */
enum { STAGE_ALL = -1, STAGE_NONE = 1 << 30 };
int stress_steady_stage(const stress_rows *rows);
/* Returns true if the stage was under way at that time; of STAGE_ALL always, of STAGE_NONE never. */
bool stress_stage_holds(const run_record *run, int stage, int64_t t_ms);

/* Seconds since the run began. */
double stress_row_begin_s(const summary_row *row);
double stress_row_end_s(const summary_row *row);

/* A number that two requests share if they are the same question, so that the same is expected: item, prompt, seed and
 * limit.  (The item alone is not enough: of a ladder it names the length.) */
uint64_t stress_question_of(const test_record *test);
/* A number that two requests share if they ask alike: by the name of the prompt, and the limit. */
uint64_t stress_kind_of(const test_record *test);
/* A number of the way in which it was asked: mode, transport, server. */
uint64_t stress_route_of(const test_record *test);
/* A number of its text, reasoning included. */
uint64_t stress_answer_of(const answer_record *answer);

#endif
