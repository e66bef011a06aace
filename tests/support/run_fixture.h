/* run_fixture.h - a run with everything that a run can have: two models, all modes, repetitions, checks, experts,
 * placement, facts and samples.  The same on every machine.
 */
#ifndef TESTS_RUN_FIXTURE_H
#define TESTS_RUN_FIXTURE_H

#include "results/record.h"

typedef struct run_fixture run_fixture;

/* NULL when memory is short. */
run_fixture *run_fixture_create(void);
void run_fixture_free(run_fixture *fixture);
const run_record *run_fixture_record(const run_fixture *fixture);
/* To change something before it is reported. */
run_record *run_fixture_edit(run_fixture *fixture);
/* Adds what two people say of the first measured answers. */
void run_fixture_review(run_fixture *fixture);
/* Replaces every text that comes from outside (names, answers, errors, facts, commands, ...) by `text`, valid UTF-8,
 * which must outlive the fixture. */
void run_fixture_say(run_fixture *fixture, const char *text);

#endif
