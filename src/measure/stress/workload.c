/* workload.c - opens a workload of any kind, and makes requests of prompts. */
#include "stress/workload.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static const char *sessions_begin(workload *w)
{
    w->n_planned = w->n_sessions * w->stage->n_requests;
    return NULL;
}

static const char *idle_begin(workload *w)
{
    (void)w;
    return NULL;
}

static const struct {
    const work_ops *ops;
    const char *(*begin)(workload *w);
} KINDS[N_STRESS_WORKS] = {
    [WORK_SESSIONS] = {&WORK_SESSIONS_OPS, sessions_begin},
    [WORK_TRANSPORTS] = {&WORK_TRANSPORTS_OPS, work_transports_begin},
    [WORK_SECTIONS] = {&WORK_SECTIONS_OPS, work_sections_begin},
    [WORK_LADDER] = {&WORK_LADDER_OPS, work_ladder_begin},
    [WORK_ARRIVALS] = {&WORK_ARRIVALS_OPS, work_arrivals_begin},
    [WORK_IDLE] = {&WORK_IDLE_OPS, idle_begin},
    [WORK_PROBLEMS] = {&WORK_PROBLEMS_OPS, work_problems_begin},
    [WORK_QUESTIONS] = {&WORK_QUESTIONS_OPS, work_questions_begin},
    [WORK_CONVERSATION] = {&WORK_CONVERSATION_OPS, work_conversation_begin},
    [WORK_SECRETS] = {&WORK_SECRETS_OPS, work_secrets_begin},
};

sw_code workload_open(workload **out, const stress_suite *suite, const stress_stage *stage, const work_server *server,
                      arena *keep, const char **skip_out, sw_err *err)
{
    *out = NULL;
    *skip_out = NULL;
    workload *const w = arena_alloc(keep, sizeof *w);
    if (w == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a workload");
    *w = (workload){.ops = KINDS[stage->work].ops,
                    .suite = suite,
                    .stage = stage,
                    .server = *server,
                    .n_sessions = stage->n_sessions,
                    .keep = keep};
    *skip_out = KINDS[stage->work].begin(w);
    w->n_asked = arena_alloc(keep, (size_t)w->n_sessions * sizeof *w->n_asked);
    w->ready_s = arena_alloc(keep, (size_t)w->n_sessions * sizeof *w->ready_s);
    if (w->failed != SW_OK || w->n_asked == NULL || w->ready_s == NULL) {
        workload_close(w);
        return sw_fail(err, SW_ENOMEM, "out of memory for a workload");
    }
    memset(w->n_asked, 0, (size_t)w->n_sessions * sizeof *w->n_asked);
    for (int i = 0; i < w->n_sessions; i++)
        w->ready_s[i] = 0;
    if (*skip_out == NULL)
        *out = w;
    else
        workload_close(w);
    return SW_OK;
}

void workload_close(workload *w)
{
    if (w != NULL && w->stage->work == WORK_QUESTIONS)
        work_questions_end(w);
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

const char *work_text(workload *w, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    char *const text = n >= 0 ? arena_alloc(w->keep, (size_t)n + 1) : NULL;
    if (text != NULL)
        vsnprintf(text, (size_t)n + 1, format, again);
    else
        w->failed = SW_ENOMEM;
    va_end(again);
    va_end(args);
    return text;
}

int work_lengths_that_fit(const workload *w)
{
    int n = 0;
    for (size_t i = 0; i < w->stage->n_lengths; i++) {
        const int64_t needed = (int64_t)w->stage->lengths[i] + w->stage->max_tokens[0];
        if (w->server.n_ctx == 0 || needed <= w->server.n_ctx)
            n = (int)i + 1;
    }
    return n;
}

double work_tokens_per_word(const answer_record *answer, int n_words, double before)
{
    return answer->prompt_tokens > 0 && n_words > 0 ? fmax(0.2, (double)answer->prompt_tokens / n_words) : before;
}

void work_ask_prompt(workload *w, size_t i, uint64_t n, work_request *out)
{
    const stress_suite *const suite = w->suite;
    const stress_stage *const stage = w->stage;
    const stress_prompt *const p = &suite->prompts[i % suite->n_prompts];
    const int64_t seed = suite->seed + (int64_t)(i % suite->n_prompts) + (stage->has_own_seeds ? (int64_t)n * 1000 : 0);
    *out = (work_request){
        .plan = {.name = p->name,
                 .prompt = p->text,
                 .form = p->form,
                 .max_tokens = stage->max_tokens[i % suite->n_prompts % stage->n_max_tokens],
                 .temperature = suite->temperature,
                 .seed = seed,
                 .expected = ""},
        .scheduled_s = -1,
    };
    out->item = work_text(w, "%s/max=%d/seed=%" PRId64, p->name, out->plan.max_tokens, seed);
}

/* Of the routes that the server has, in turn; NULL: the stage names none, or the server has none of them. */
static const stress_route *route_of(const workload *w, int session)
{
    const stress_route *known[STRESS_LIST_MAX];
    size_t n = 0;
    for (size_t i = 0; i < w->stage->n_routes; i++) {
        if (w->server.is_spillway || !w->stage->routes[i]->is_of_spillway)
            known[n++] = w->stage->routes[i];
    }
    return n > 0 ? known[(size_t)session % n] : NULL;
}

/* Returns true for that share of the numbers, which look as drawn and are the same in every run. */
static bool is_drawn(uint64_t seed, uint64_t n, double share)
{
    rng_state r;
    rng_seed(&r, seed ^ (n + 1) * UINT64_C(0x9e3779b97f4a7c15));
    return (double)rng_float(&r) < share;
}

void work_ask_as_client(workload *w, int session, size_t i, uint64_t n, work_request *out)
{
    enum { PIECES = 3 };
    work_ask_prompt(w, i, n, out);
    out->route = route_of(w, session);
    if (w->stage->leave_share > 0 && is_drawn((uint64_t)w->suite->seed, n, w->stage->leave_share))
        out->leaves_after = PIECES;
}

void work_ask(workload *w, const char *name, const char *item, const char *prompt, work_request *out)
{
    *out = (work_request){.plan = {.name = name,
                                   .prompt = prompt,
                                   .max_tokens = w->stage->max_tokens[0],
                                   .temperature = w->suite->temperature,
                                   .seed = w->suite->seed,
                                   .expected = ""},
                          .item = item,
                          .scheduled_s = -1};
}

/* ---- checks ------------------------------------------------------------------------------------------------------ */

sw_code work_check(const char *name, const char *kind, problem_outcome outcome, const char *detail, arena *keep,
                   check_record **out, size_t *n_out, sw_err *err)
{
    check_record *const check = *out = arena_alloc(keep, sizeof *check);
    const char *const kept = arena_copy(keep, detail, strlen(detail));
    *n_out = 0;
    if (check == NULL || kept == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the check of an answer");
    *check = (check_record){.name = name,
                            .kind = kind,
                            .is_technical = true,
                            .weight = 1,
                            .outcome = outcome == PROBLEM_RIGHT     ? CHECK_PASSED
                                       : outcome == PROBLEM_NOT_RUN ? CHECK_NOT_RUN
                                                                    : CHECK_FAILED,
                            .detail = outcome == PROBLEM_RIGHT ? "" : kept};
    *n_out = 1;
    return SW_OK;
}
