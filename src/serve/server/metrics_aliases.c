/* metrics_aliases.c - the same figures under the names of llama-server and vLLM, for dashboards that were made for
 * them.
 */
#include <string.h>

#include "server/metrics_view.h"

typedef const metrics_label labels[];

static void write_one(metrics_text *t, const char *name, metrics_type type, const char *help, double value)
{
    metrics_text_family(t, name, type, help);
    metrics_text_sample(t, NULL, value);
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

/* ---- llama-server: sums over all models ---------------------------------------------------------------------------
 */

static void write_llamacpp(const metrics_view *v, metrics_text *t)
{
    const serving_metrics *const m = &v->server->metrics;
    const double prompt = (double)(m->n_prompt_tokens - m->n_cached_tokens), generated = (double)m->n_generated_tokens;
    const double prompt_s = m->prompt_ms / 1000, generation_s = m->predict_ms / 1000;
    double n_steps = 0, n_step_tokens = 0, n_running = 0, n_waiting = intake_n_waiting(v->server->intake);
    for (size_t i = 0; i < v->n_engines; i++) {
        n_running += v->engines[i].state.n_jobs_running;
        n_waiting += v->engines[i].state.n_jobs_waiting;
        n_steps += (double)v->engines[i].state.n_generation_steps;
        n_step_tokens += (double)v->engines[i].state.n_generation_step_tokens;
    }
    write_one(t, "llamacpp:prompt_tokens_total", METRICS_COUNTER, "Prompt tokens that were evaluated.", prompt);
    write_one(t, "llamacpp:prompt_seconds_total", METRICS_COUNTER, "Time of evaluating prompts.", prompt_s);
    write_one(t, "llamacpp:tokens_predicted_total", METRICS_COUNTER, "Tokens of answers.", generated);
    write_one(t, "llamacpp:tokens_predicted_seconds_total", METRICS_COUNTER, "Time of generating.", generation_s);
    write_one(t, "llamacpp:prompt_tokens_seconds", METRICS_GAUGE, "Prompt tokens per second, on average.",
              ratio(prompt, prompt_s));
    write_one(t, "llamacpp:predicted_tokens_seconds", METRICS_GAUGE, "Tokens of answers per second, on average.",
              ratio(generated, generation_s));
    write_one(t, "llamacpp:n_decode_total", METRICS_COUNTER, "Steps that generated.", n_steps);
    write_one(t, "llamacpp:n_busy_slots_per_decode", METRICS_GAUGE, "Sequences in such a step, on average.",
              ratio(n_step_tokens, n_steps));
    write_one(t, "llamacpp:requests_processing", METRICS_GAUGE, "Answers that are being generated.", n_running);
    write_one(t, "llamacpp:requests_deferred", METRICS_GAUGE, "Requests that wait.", n_waiting);
}

/* ---- vLLM: by model -----------------------------------------------------------------------------------------------
 */

static void write_vllm_engines(const metrics_view *v, metrics_text *t)
{
    metrics_text_family(t, "vllm:num_requests_running", METRICS_GAUGE, "Answers that are being generated.");
    for (size_t i = 0; i < v->n_engines; i++)
        metrics_text_sample(t, (labels){{"model_name", v->engines[i].model->id}, {0}},
                            v->engines[i].state.n_jobs_running);
    metrics_text_family(t, "vllm:num_requests_waiting", METRICS_GAUGE, "Requests that wait for a sequence.");
    for (size_t i = 0; i < v->n_engines; i++)
        metrics_text_sample(t, (labels){{"model_name", v->engines[i].model->id}, {0}},
                            v->engines[i].state.n_jobs_waiting);
    metrics_text_family(t, "vllm:kv_cache_usage_perc", METRICS_GAUGE,
                        "Share of the caches' room that is used, 0 to 1.");
    for (size_t i = 0; i < v->n_engines; i++) {
        const sw_engine_state *const st = &v->engines[i].state;
        metrics_text_sample(t, (labels){{"model_name", v->engines[i].model->id}, {0}},
                            ratio((double)st->kv_tokens_used, (double)st->n_ctx * st->n_seqs));
    }
}

static void write_vllm_counter(const serving_metrics *m, metrics_text *t, const char *name, const char *help,
                               size_t offset)
{
    metrics_text_family(t, name, METRICS_COUNTER, help);
    for (size_t i = 0; i < m->n_models; i++) {
        uint64_t value;
        memcpy(&value, (const char *)m->models[i] + offset, sizeof value);
        metrics_text_sample(t, (labels){{"model_name", m->models[i]->model}, {0}}, (double)value);
    }
}

static void write_vllm_counters(const serving_metrics *m, metrics_text *t)
{
    const size_t prompt = offsetof(metrics_model, n_prompt_tokens), cached = offsetof(metrics_model, n_cached_tokens);
    write_vllm_counter(m, t, "vllm:prefix_cache_queries_total", "Prompt tokens that were looked for.", prompt);
    write_vllm_counter(m, t, "vllm:prefix_cache_hits_total", "Prompt tokens that were found.", cached);
    write_vllm_counter(m, t, "vllm:prompt_tokens_total", "Tokens of prompts.", prompt);
    write_vllm_counter(m, t, "vllm:generation_tokens_total", "Tokens of answers.",
                       offsetof(metrics_model, n_generated_tokens));
    metrics_text_family(t, "vllm:request_success_total", METRICS_COUNTER, "Answers that reached their end.");
    for (size_t i = 0; i < m->n_models; i++) {
        const metrics_model *const row = m->models[i];
        metrics_text_sample(t, (labels){{"model_name", row->model}, {"finished_reason", "stop"}, {0}},
                            (double)row->n_stopped);
        metrics_text_sample(t, (labels){{"model_name", row->model}, {"finished_reason", "length"}, {0}},
                            (double)row->n_cut);
    }
}

/* All ways of answering together. */
static histogram first_token_of(const metrics_model *m)
{
    histogram sum = m->first_token[0];
    for (int k = 1; k < METRICS_N_TRANSPORTS; k++)
        histogram_merge(&sum, &m->first_token[k]);
    return sum;
}

static void write_vllm_histograms(const serving_metrics *m, metrics_text *t)
{
    static const metrics_histogram FAMILIES[] = {
        METRICS_HISTOGRAM_OF("vllm:inter_token_latency_seconds", "Between two tokens of an answer.", token_gap),
        METRICS_HISTOGRAM_OF("vllm:request_time_per_output_token_seconds", "Between two tokens, the mean of a request.",
                             time_per_token),
        METRICS_HISTOGRAM_OF("vllm:e2e_request_latency_seconds", "From the arrival of a request to its end.", request),
        METRICS_HISTOGRAM_OF("vllm:request_queue_time_seconds", "Waiting for a sequence.", queue),
        METRICS_HISTOGRAM_OF("vllm:request_prefill_time_seconds", "Evaluating the prompt.", prefill),
        METRICS_HISTOGRAM_OF("vllm:request_decode_time_seconds", "Generating the answer.", decode),
    };
    metrics_text_family(t, "vllm:time_to_first_token_seconds", METRICS_HISTOGRAM, "From arrival to the first token.");
    for (size_t i = 0; i < m->n_models; i++) {
        const histogram sum = first_token_of(m->models[i]);
        metrics_text_histogram(t, (labels){{"model_name", m->models[i]->model}, {0}}, &sum);
    }
    metrics_write_histograms(m, t, FAMILIES, sizeof FAMILIES / sizeof FAMILIES[0], "model_name");
}

void metrics_write_aliases(const metrics_view *v, metrics_text *t, const char *alias)
{
    const serving_metrics *const m = &v->server->metrics;
    if (strcmp(alias, "llamacpp") == 0) {
        write_llamacpp(v, t);
    } else {
        write_vllm_engines(v, t);
        write_vllm_counters(m, t);
        write_vllm_histograms(m, t);
    }
}
