/* metrics_families.c - the families of /metrics, with the names, labels and buckets that docs/api.md lists.
 *
 * What is not known here (the memory of keys and values in use, what is read of experts, a GPU) has no family: zero
 * would be a claim.
 */
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/evenness.h"
#include "base/sysinfo.h"
#include "server/metrics_view.h"

typedef const metrics_label labels[];

/* ---- requests --------------------------------------------------------------------------------------------------- */

static void write_outcomes(const serving_metrics *m, metrics_text *t)
{
    char status[16];
    metrics_text_family(t, "spillway_requests_total", METRICS_COUNTER,
                        "Requests that ended; status 499: the client left before.");
    for (size_t i = 0; i < m->n_outcomes; i++) {
        const metrics_outcome *const o = &m->outcomes[i].outcome;
        snprintf(status, sizeof status, "%d", o->status);
        metrics_text_sample(
            t,
            (labels){
                {"model", o->model}, {"endpoint", o->endpoint}, {"status", status}, {"finish_reason", o->finish}, {0}},
            (double)m->outcomes[i].n);
    }
    metrics_text_family(t, "spillway_request_errors_total", METRICS_COUNTER, "Requests that ended with an error.");
    for (size_t i = 0; i < m->n_errors; i++)
        metrics_text_sample(t, (labels){{"model", m->errors[i].model}, {"code", m->errors[i].code}, {0}},
                            (double)m->errors[i].n);
}

static double prompt_tokens(const metrics_model *m)
{
    return (double)m->n_prompt_tokens;
}

static double cached_tokens(const metrics_model *m)
{
    return (double)m->n_cached_tokens;
}

static double generated_tokens(const metrics_model *m)
{
    return (double)m->n_generated_tokens;
}

static double prompt_seconds(const metrics_model *m)
{
    return m->prompt_s;
}

static double generation_seconds(const metrics_model *m)
{
    return m->generation_s;
}

static void write_counters(const serving_metrics *m, metrics_text *t)
{
    static const struct {
        const char *name, *help;
        double (*value)(const metrics_model *m);
    } FAMILIES[] = {
        {"spillway_prompt_tokens_total", "Tokens of prompts, cached ones included.", prompt_tokens},
        {"spillway_prompt_tokens_cached_total", "Of them, those that an earlier request had evaluated.", cached_tokens},
        {"spillway_generation_tokens_total", "Tokens of answers.", generated_tokens},
        {"spillway_prompt_seconds_total", "Time of evaluating prompts, summed over requests.", prompt_seconds},
        {"spillway_generation_seconds_total", "Time of generating, summed over requests.", generation_seconds},
        {"spillway_prefix_cache_queries_total", "Tokens of prompts that were looked for in the caches.", prompt_tokens},
        {"spillway_prefix_cache_hits_total", "Of them, those that were found.", cached_tokens},
    };
    for (size_t i = 0; i < sizeof FAMILIES / sizeof FAMILIES[0]; i++) {
        metrics_text_family(t, FAMILIES[i].name, METRICS_COUNTER, FAMILIES[i].help);
        for (size_t k = 0; k < m->n_models; k++)
            metrics_text_sample(t, (labels){{"model", m->models[k]->model}, {0}}, FAMILIES[i].value(m->models[k]));
    }
}

static void write_first_token(const serving_metrics *m, metrics_text *t)
{
    metrics_text_family(t, "spillway_time_to_first_token_seconds", METRICS_HISTOGRAM,
                        "From the arrival of a request to its first token.");
    for (size_t i = 0; i < m->n_models; i++) {
        for (int k = 0; k < METRICS_N_TRANSPORTS; k++) {
            const char *const name = metrics_transport_name((metrics_transport)k);
            if (m->models[i]->first_token[k].n > 0)
                metrics_text_histogram(t, (labels){{"model", m->models[i]->model}, {"transport", name}, {0}},
                                       &m->models[i]->first_token[k]);
        }
    }
}

void metrics_write_histograms(const serving_metrics *m, metrics_text *t, const metrics_histogram *families, size_t n,
                              const char *label)
{
    for (size_t i = 0; i < n; i++) {
        metrics_text_family(t, families[i].name, METRICS_HISTOGRAM, families[i].help);
        for (size_t k = 0; k < m->n_models; k++) {
            const void *const h = (const char *)m->models[k] + families[i].offset;
            metrics_text_histogram(t, (labels){{label, m->models[k]->model}, {0}}, h);
        }
    }
}

static void write_histograms(const serving_metrics *m, metrics_text *t)
{
    static const metrics_histogram FAMILIES[] = {
        METRICS_HISTOGRAM_OF("spillway_inter_token_latency_seconds", "Between two tokens of an answer.", token_gap),
        METRICS_HISTOGRAM_OF("spillway_request_time_per_output_token_seconds",
                             "Time from a request's first token to its last, divided by the tokens after the first.",
                             time_per_token),
        METRICS_HISTOGRAM_OF("spillway_e2e_request_latency_seconds", "From the arrival of a request to its end.",
                             request),
        METRICS_HISTOGRAM_OF("spillway_request_queue_seconds", "Waiting for a sequence.", queue),
        METRICS_HISTOGRAM_OF("spillway_request_prefill_seconds", "Evaluating the prompt.", prefill),
        METRICS_HISTOGRAM_OF("spillway_request_decode_seconds", "Generating the answer.", decode),
        METRICS_HISTOGRAM_OF("spillway_request_prompt_tokens", "Tokens of a prompt.", prompt_tokens),
        METRICS_HISTOGRAM_OF("spillway_request_generation_tokens", "Tokens of an answer.", generated_tokens),
    };
    metrics_write_histograms(m, t, FAMILIES, sizeof FAMILIES / sizeof FAMILIES[0], "model");
}

static void write_streams(const serving_metrics *m, metrics_text *t)
{
    metrics_text_family(t, "spillway_stream_clients", METRICS_GAUGE, "Streams that are open.");
    for (int k = METRICS_SSE; k < METRICS_N_TRANSPORTS; k++)
        metrics_text_sample(t, (labels){{"transport", metrics_transport_name((metrics_transport)k)}, {0}},
                            (double)m->n_streams[k]);
    metrics_text_family(t, "spillway_stream_cancelled_total", METRICS_COUNTER, "Streams whose client left.");
    for (int k = METRICS_SSE; k < METRICS_N_TRANSPORTS; k++)
        metrics_text_sample(t, (labels){{"transport", metrics_transport_name((metrics_transport)k)}, {0}},
                            (double)m->n_cancelled[k]);
}

/* ---- the process ------------------------------------------------------------------------------------------------ */

static void write_one(metrics_text *t, const char *name, metrics_type type, const char *help, double value)
{
    metrics_text_family(t, name, type, help);
    metrics_text_sample(t, NULL, value);
}

static void write_process(const server *s, metrics_text *t)
{
    const process_usage usage = sysinfo_process_usage();
    const double uptime_s = ns_to_ms(clock_now_ns(s->o.clock) - s->started_ns) / 1000;
    write_one(t, "process_cpu_seconds_total", METRICS_COUNTER, "Processor time of all threads.", usage.cpu_s);
    write_one(t, "process_resident_memory_bytes", METRICS_GAUGE, "Resident memory.", (double)sysinfo_memory_of(0).rss);
    write_one(t, "process_virtual_memory_bytes", METRICS_GAUGE, "Address space.", (double)usage.virtual_bytes);
    if (usage.n_files >= 0)
        write_one(t, "process_open_fds", METRICS_GAUGE, "Open file descriptors.", usage.n_files);
    write_one(t, "process_max_fds", METRICS_GAUGE, "File descriptors that the process may have.", usage.n_files_max);
    write_one(t, "process_start_time_seconds", METRICS_GAUGE, "When the server started, since 1970.",
              (double)clock_unix_s(s->o.clock) - uptime_s);
}

static void write_memory(metrics_text *t)
{
    const process_memory memory = sysinfo_memory_of(0);
    write_one(t, "spillway_process_anon_bytes", METRICS_GAUGE, "Resident memory that no file backs.",
              (double)memory.anon);
    write_one(t, "spillway_process_swap_bytes", METRICS_GAUGE, "Memory of the process that is swapped out.",
              (double)memory.swap);
}

void metrics_write_families(const metrics_view *v, metrics_text *t)
{
    const serving_metrics *const m = &v->server->metrics;
    metrics_write_engines(v, t);
    metrics_write_caches(v, t);
    write_outcomes(m, t);
    write_counters(m, t);
    write_first_token(m, t);
    write_histograms(m, t);
    write_streams(m, t);
    write_memory(t);
    write_process(v->server, t);
}
