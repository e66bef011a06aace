/* paper_fixture.h - the run of run_fixture.h, its figures, and the list of its models as a white paper has it. */
#ifndef TESTS_PAPER_FIXTURE_H
#define TESTS_PAPER_FIXTURE_H

#include "report/paper/paper_parts.h"
#include "support/run_fixture.h"

typedef struct paper_fixture {
    run_fixture *fixture;
    run_analysis analysis;
    paper_model models[8];
    paper_models list;
    buf out; // for what is written
} paper_fixture;

enum { PAPER_OUT_BYTES_MAX = 1 << 26 };

/* With the first n tests of the run only (0: all).  Fails the test when memory is short. */
void paper_fixture_start(paper_fixture *p, size_t n_tests);
void paper_fixture_end(paper_fixture *p);

#endif
