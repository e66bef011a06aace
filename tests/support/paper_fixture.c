/* paper_fixture.c - numbers the models as paper.c does. */
#include "support/paper_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

void paper_fixture_start(paper_fixture *p, size_t n_tests)
{
    *p = (paper_fixture){.fixture = run_fixture_create()};
    buf_init(&p->out, PAPER_OUT_BYTES_MAX);
    assert_non_null(p->fixture);
    if (n_tests > 0)
        run_fixture_edit(p->fixture)->n_tests = n_tests;
    assert_int_equal(run_analysis_of(run_fixture_record(p->fixture), &p->analysis, NULL), SW_OK);
    for (size_t i = 0; i < p->analysis.n_subjects; i++)
        p->models[i] = (paper_model){0, (int)i + 1, &p->analysis, &p->analysis.subjects[i]};
    p->list = (paper_models){p->models, p->analysis.n_subjects};
}

void paper_fixture_end(paper_fixture *p)
{
    run_analysis_free(&p->analysis);
    run_fixture_free(p->fixture);
    buf_free(&p->out);
}
