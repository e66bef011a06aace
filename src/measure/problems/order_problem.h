/* order_problem.h - three persons in order, and who is the first or last of them: the grids of level 0.
 *
 * Internal to this room.
 */
#ifndef PROBLEMS_ORDER_PROBLEM_H
#define PROBLEMS_ORDER_PROBLEM_H

#include "problems/problem_kinds.h"
#include "problems/word_pools.h"

enum { ORDER_SPACE = N_POOL_NAMES * (N_POOL_NAMES - 1) * 16 };

bool order_problem_make(problem_draft *d);
sw_code order_problem_check(const problem *p, const problem_check_input *in, problem_verdict *out);

#endif
