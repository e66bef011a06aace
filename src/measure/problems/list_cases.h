/* list_cases.h - lists on which programs are tried, so chosen that they tell a right program from a wrong one.
 *
 * Internal to this room.
 */
#ifndef PROBLEMS_LIST_CASES_H
#define PROBLEMS_LIST_CASES_H

#include "problems/list_program.h"

enum { LIST_CASES = 8, LIST_RESULTS_MIN = 4 };

/* Fills cases[0..LIST_CASES) with values around the numbers of the program; the first list is empty. */
void list_cases_draw(const list_program *p, problem_draw *d, list_values *cases);
/* How many different results the program has. */
int list_cases_count_results(const list_program *p, const list_values *cases);
/* Draws a program of `first`, n_middle steps and `last` (N_LIST_OPS: none) with cases that have LIST_RESULTS_MIN
 * different results, or as many as were found. */
void list_cases_draw_program(list_program *p, problem_draw *d, list_op first, int n_middle, list_op_kind last,
                             list_values *cases);
/* The program with one bug that changes a result. */
list_program list_cases_break(const list_program *p, problem_draw *d, const list_values *cases);

#endif
