/* number_problem.h - problems whose result and steps are numbers: sums and conversions share their checker.
 *
 * Internal to this room.
 */
#ifndef PROBLEMS_NUMBER_PROBLEM_H
#define PROBLEMS_NUMBER_PROBLEM_H

#include "problems/problem_kinds.h"

enum { NUMBER_STEPS_MAX = 12 };

/* The values that a full answer comes through, the result last. */
typedef struct number_steps {
    double values[NUMBER_STEPS_MAX];
    int n;
} number_steps;

/* Adds a step; at most NUMBER_STEPS_MAX are added. */
void number_steps_add(number_steps *s, double value);
/* Keeps the steps as the draft's detail, and the last one as its expected answer with `unit` after it (NULL: none). */
bool number_steps_keep(problem_draft *d, const number_steps *s, const char *unit);

sw_code number_problem_check(const problem *p, const problem_check_input *in, problem_verdict *out);

#endif
