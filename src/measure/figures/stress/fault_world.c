/* fault_world.c - rows to requests, samples of one server, sums of experts. */
#include "figures/stress/fault_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* ---- requests ---------------------------------------------------------------------------------------------------- */

/* Tokens of all events; -1: they do not tell. */
static int64_t seen_tokens(const answer_record *a)
{
    int64_t sum = 0;
    for (size_t i = 0; i < a->n_arrivals; i++)
        sum += a->arrivals[i].n_tokens;
    return a->n_arrivals > 0 && a->arrivals[0].n_tokens > 0 ? sum : -1;
}

/* The checks of an answer that needs something from earlier in its prompt. */
static bool needs_memory(const test_record *t)
{
    return t->n_checks > 0 && t->item != NULL &&
           (strncmp(t->item, "secrets/", 8) == 0 || strncmp(t->item, "dialogue/", 9) == 0);
}

static bool passes_all(const test_record *t)
{
    for (size_t i = 0; i < t->n_checks; i++) {
        if (t->checks[i].outcome != CHECK_PASSED)
            return false;
    }
    return true;
}

static fault_request request_of(const summary_row *row, int steady)
{
    const test_record *const t = row->test;
    const answer_record *const a = &t->answer;
    return (fault_request){
        .start_s = stress_row_begin_s(row),
        .end_s = stress_row_end_s(row),
        .session = t->session,
        .question = stress_question_of(t),
        .kind = stress_kind_of(t),
        .route = stress_route_of(t),
        .answer = stress_answer_of(a),
        .is_steady = steady == STAGE_ALL || t->stage == steady,
        .is_completed = stress_row_is_completed(row),
        .is_degenerate = row->metrics.repetition.verdict == REPETITION_DEGENERATE,
        .ms_per_token = row->metrics.tpot_ms,
        .tps = row->metrics.overall_tps,
        .told_tokens = a->completion_tokens,
        .seen_tokens = seen_tokens(a),
        .prompt_tokens = a->prompt_tokens,
        .max_tokens = t->plan.max_tokens,
        .distance = needs_memory(t) && a->prompt_tokens >= 0 ? (double)a->prompt_tokens : NAN,
        .is_right = passes_all(t),
    };
}

static int by_end(const void *a, const void *b)
{
    const double x = ((const fault_request *)a)->end_s, y = ((const fault_request *)b)->end_s;
    return (x > y) - (x < y);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static bool is_wanted(const run_record *run, const resource_sample *s, int server, int steady)
{
    return s->server == server && !isnan(s->values.v[SAMPLE_PRIVATE]) && stress_stage_holds(run, steady, s->t_ms);
}

static size_t take_samples(const run_record *run, int server, int steady, memory_sample *out)
{
    size_t n = 0;
    for (size_t i = 0; i < run->n_samples; i++) {
        const resource_sample *const s = &run->samples[i];
        if (is_wanted(run, s, server, steady))
            out[n++] = (memory_sample){(double)s->t_ms / 1e3, s->values.v[SAMPLE_PRIVATE]};
    }
    return n;
}

/* Memory of two processes is no series: that of the server with the most samples counts. */
static size_t take_longest(const stress_rows *rows, int steady, memory_sample *out)
{
    size_t most = 0;
    int server = -1;
    for (size_t i = 0; i < rows->run->n_servers; i++) {
        const bool is_own = rows->run->servers[i].subject == rows->subject;
        const size_t n = is_own ? take_samples(rows->run, (int)i, steady, out) : 0;
        server = n > most ? (int)i : server;
        most = n > most ? n : most;
    }
    return server >= 0 ? take_samples(rows->run, server, steady, out) : 0;
}

/* ---- experts ----------------------------------------------------------------------------------------------------- */

static bool are_alike(const expert_counts *a, const expert_counts *b)
{
    return b->counts != NULL && a->n_layers == b->n_layers && a->n_experts == b->n_experts && a->n_used == b->n_used;
}

static const expert_counts *first_counts(const stress_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->rows[i].test->answer.experts.counts != NULL)
            return &rows->rows[i].test->answer.experts;
    }
    return NULL;
}

static bool sum_experts(const stress_rows *rows, fault_record *out)
{
    const expert_counts *const first = first_counts(rows);
    if (first == NULL)
        return true;
    const size_t n_cells = (size_t)first->n_layers * (size_t)first->n_experts;
    out->counts = mem_calloc(n_cells + 1, sizeof *out->counts);
    out->world.experts =
        (fault_experts){(size_t)first->n_layers, (size_t)first->n_experts, (size_t)first->n_used, 0, out->counts};
    for (size_t i = 0; i < rows->n && out->counts != NULL; i++) {
        const expert_counts *const e = &rows->rows[i].test->answer.experts;
        if (!are_alike(first, e))
            continue;
        out->world.experts.n_tokens += e->n_tokens;
        for (size_t cell = 0; cell < n_cells; cell++)
            out->counts[cell] += e->counts[cell];
    }
    return out->counts != NULL;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

sw_code fault_record_of(const stress_rows *rows, fault_record *out, sw_err *err)
{
    const int steady = stress_steady_stage(rows);
    *out = (fault_record){0};
    out->requests = mem_calloc(rows->n + 1, sizeof *out->requests);
    out->samples = mem_calloc(rows->run->n_samples + 1, sizeof *out->samples);
    if (out->requests == NULL || out->samples == NULL || !sum_experts(rows, out))
        return sw_fail(err, SW_ENOMEM, "out of memory for the faults of %zu requests", rows->n);
    for (size_t i = 0; i < rows->n; i++)
        out->requests[i] = request_of(&rows->rows[i], steady);
    qsort(out->requests, rows->n, sizeof *out->requests, by_end);
    out->world.requests = out->requests;
    out->world.n_requests = rows->n;
    out->world.samples = out->samples;
    out->world.n_samples = take_longest(rows, steady, out->samples);
    return SW_OK;
}

void fault_record_free(fault_record *record)
{
    mem_free(record->requests);
    mem_free(record->samples);
    mem_free(record->counts);
    *record = (fault_record){0};
}
