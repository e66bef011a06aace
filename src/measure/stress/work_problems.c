/* work_problems.c - generated problems of several kinds and levels; no seed is asked twice. */
#include <stdio.h>

#include "base/arena.h"
#include "stress/workload.h"

typedef struct problems {
    const problem *asked; // the one under way
} problems;

const char *work_problems_begin(workload *w)
{
    problems *const p = w->state = arena_alloc(w->keep, sizeof *p);
    if (p == NULL)
        w->failed = SW_ENOMEM;
    else
        *p = (problems){0};
    w->n_sessions = 1;
    w->n_planned = w->stage->n_requests * (int)(w->stage->n_problems * w->stage->n_levels);
    return NULL;
}

/* Kinds in turn, then levels, then seeds: a stage that is cut has asked of all. */
static work_next next(workload *w, int session, double now_s, work_request *out, double *at_s)
{
    (void)now_s, (void)at_s;
    const stress_stage *const g = w->stage;
    problems *const p = w->state;
    const size_t k = (size_t)w->n_asked[session];
    if (k >= (size_t)w->n_planned)
        return WORK_OVER;
    const problem_kind kind = (problem_kind)g->problems[k % g->n_problems];
    const int level = g->levels[k / g->n_problems % g->n_levels];
    const uint64_t seed = (uint64_t)w->suite->seed + k / (g->n_problems * g->n_levels);
    if (problem_make(kind, level, seed, w->keep, &p->asked, NULL) != SW_OK) {
        w->failed = SW_ENOMEM;
        return WORK_OVER;
    }
    work_ask(w, work_text(w, "%s, level %d", problem_kind_name(kind), level), p->asked->item, p->asked->question, out);
    out->plan.group = problem_kind_name(kind);
    out->plan.expected = p->asked->expected;
    out->plan.form = kind == PROBLEM_CODE || kind == PROBLEM_MEND ? FORM_CODE : FORM_PROSE;
    return WORK_ASK;
}

static sw_code judge(workload *w, int session, const answer_record *answer, const check_options *options, arena *keep,
                     check_record **out, size_t *n_out, sw_err *err)
{
    (void)session;
    const problem *const asked = ((problems *)w->state)->asked;
    const problem_answer text = {answer->text, answer->n_text, answer->reasoning, answer->n_reasoning};
    problem_verdict verdict;
    char detail[512];
    const sw_code code = problem_check(asked, &text, options, keep, &verdict, err);
    if (code != SW_OK)
        return code;
    snprintf(detail, sizeof detail, "%s: %.400s; %d of %d steps", problem_outcome_name(verdict.outcome), verdict.reason,
             verdict.steps_right, verdict.steps_all);
    return work_check("the result is right", problem_kind_name(asked->kind), verdict.outcome, detail, keep, out, n_out,
                      err);
}

const work_ops WORK_PROBLEMS_OPS = {next, NULL, judge};
