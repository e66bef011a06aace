/* serving_metrics.c - sums and histograms of answers, by model and by outcome. */
#include "serving/serving_metrics.h"

#include <string.h>

#include "base/alloc.h"

/* Rows are as many as there are models, routes and codes; no request adds one that no other could have. */

const char *metrics_transport_name(metrics_transport t)
{
    static const char *const NAMES[] = {
        [METRICS_JSON] = "json", [METRICS_SSE] = "sse", [METRICS_NDJSON] = "ndjson", [METRICS_WS] = "ws"};
    return NAMES[t];
}

void serving_metrics_free(serving_metrics *m)
{
    for (size_t i = 0; i < m->n_models; i++)
        mem_free(m->models[i]);
    mem_free(m->models);
    mem_free(m->outcomes);
    mem_free(m->errors);
    *m = (serving_metrics){0};
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

static metrics_model *new_model(const char *model)
{
    metrics_model *const row = mem_calloc(1, sizeof *row);
    if (row == NULL)
        return NULL;
    row->model = model;
    for (size_t i = 0; i < METRICS_N_TRANSPORTS; i++)
        row->first_token[i].kind = HISTOGRAM_FIRST_TOKEN;
    row->token_gap.kind = row->time_per_token.kind = HISTOGRAM_TOKEN_TIME;
    row->request.kind = row->queue.kind = row->prefill.kind = row->decode.kind = HISTOGRAM_REQUEST_TIME;
    row->prompt_tokens.kind = row->generated_tokens.kind = HISTOGRAM_TOKENS;
    return row;
}

/* The row of a model; NULL if memory is short. */
static metrics_model *model_row(serving_metrics *m, const char *model)
{
    for (size_t i = 0; i < m->n_models; i++) {
        if (strcmp(m->models[i]->model, model) == 0)
            return m->models[i];
    }
    if (!mem_grow(&m->models, &m->models_cap, m->n_models + 1, sizeof *m->models))
        return NULL;
    metrics_model *const row = new_model(model);
    if (row != NULL)
        m->models[m->n_models++] = row;
    return row;
}

static bool is_same(const metrics_outcome *a, const metrics_outcome *b)
{
    return a->status == b->status && strcmp(a->model, b->model) == 0 && strcmp(a->endpoint, b->endpoint) == 0 &&
           strcmp(a->finish, b->finish) == 0;
}

static void count_outcome(serving_metrics *m, const metrics_outcome *outcome)
{
    for (size_t i = 0; i < m->n_outcomes; i++) {
        if (is_same(&m->outcomes[i].outcome, outcome)) {
            m->outcomes[i].n++;
            return;
        }
    }
    if (mem_grow(&m->outcomes, &m->outcomes_cap, m->n_outcomes + 1, sizeof *m->outcomes))
        m->outcomes[m->n_outcomes++] = (metrics_outcomes){.outcome = *outcome, .n = 1};
}

static void count_error(serving_metrics *m, const char *model, const char *code)
{
    for (size_t i = 0; i < m->n_errors; i++) {
        if (strcmp(m->errors[i].model, model) == 0 && strcmp(m->errors[i].code, code) == 0) {
            m->errors[i].n++;
            return;
        }
    }
    if (mem_grow(&m->errors, &m->errors_cap, m->n_errors + 1, sizeof *m->errors))
        m->errors[m->n_errors++] = (metrics_errors){.model = model, .code = code, .n = 1};
}

/* ---- counting --------------------------------------------------------------------------------------------------- */

void serving_metrics_completed(serving_metrics *m, const sw_event *done)
{
    m->n_completed++;
    m->n_prompt_tokens += (uint64_t)done->n_prompt;
    m->n_cached_tokens += (uint64_t)done->n_cached;
    m->n_generated_tokens += (uint64_t)done->n_predicted;
    m->queue_ms += done->timings.queue_ms;
    m->ttft_ms += done->timings.ttft_ms;
    m->prompt_ms += done->timings.prompt_ms;
    m->predict_ms += done->timings.predict_ms;
}

static void count_times(metrics_model *row, const metrics_answer *a)
{
    const sw_timings *const t = &a->done->timings;
    if (a->done->n_predicted > 0)
        histogram_add(&row->first_token[a->transport], a->ttft_s, 1);
    histogram_add(&row->request, a->e2e_s, 1);
    histogram_add(&row->queue, t->queue_ms / 1000, 1);
    histogram_add(&row->prefill, t->prompt_ms / 1000, 1);
    histogram_add(&row->decode, t->predict_ms / 1000, 1);
    if (a->done->n_predicted > 1)
        histogram_add(&row->time_per_token, t->predict_ms / 1000 / (a->done->n_predicted - 1), 1);
    row->prompt_s += t->prompt_ms / 1000;
    row->generation_s += t->predict_ms / 1000;
}

void serving_metrics_answered(serving_metrics *m, const metrics_answer *a)
{
    metrics_model *const row = model_row(m, a->model);
    if (row == NULL)
        return;
    count_times(row, a);
    row->n_prompt_tokens += (uint64_t)a->done->n_prompt;
    row->n_cached_tokens += (uint64_t)a->done->n_cached;
    row->n_generated_tokens += (uint64_t)a->done->n_predicted;
    *(a->done->finish == SW_FINISH_LENGTH ? &row->n_cut : &row->n_stopped) += 1;
    histogram_add(&row->prompt_tokens, a->done->n_prompt, 1);
    histogram_add(&row->generated_tokens, a->done->n_predicted, 1);
}

void serving_metrics_ended(serving_metrics *m, const metrics_outcome *outcome)
{
    count_outcome(m, outcome);
    if (outcome->error_code != NULL)
        count_error(m, outcome->model, outcome->error_code);
}

void serving_metrics_token_gaps(serving_metrics *m, const char *model, const histogram *gaps)
{
    metrics_model *const row = model_row(m, model);
    if (row != NULL)
        histogram_merge(&row->token_gap, gaps);
}
