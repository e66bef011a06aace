/* problem_case.h - a generated problem and an answer to it, for tests of checkers. */
#ifndef TEST_PROBLEM_CASE_H
#define TEST_PROBLEM_CASE_H

#include "problems/problem.h"

/* What the tests make is in it; opened and closed by cmocka's setup and teardown of each test. */
extern arena *problem_case_keep;
int problem_case_open(void **state);
int problem_case_close(void **state);

const problem *problem_case_make(problem_kind kind, int level, uint64_t seed);
/* The first problem with these words in its question, or this result. */
const problem *problem_case_find(problem_kind kind, int level, const char *words);
/* Every verdict is within its bounds and can be shown. */
problem_verdict problem_case_check(const problem *p, const problem_answer *answer, bool run_code);
/* With code run. */
problem_verdict problem_case_check_text(const problem *p, const char *text);
/* Fails the test with question, answer and reason if the outcome is another one. */
void problem_case_expect(const problem *p, const char *text, problem_outcome wanted);
/* The form with $1, $2 and $3 replaced. */
const char *problem_case_fill(const char *form, const char *a, const char *b, const char *c);

#endif
