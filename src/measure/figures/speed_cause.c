/* speed_cause.c - sums over the samples that were taken while tests ran, and the rules that name a bottleneck. */
#include "figures/speed_cause.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

const double CAUSE_MAJOR_FAULTS_PER_S = 100, CAUSE_MEMORY_PRESSURE = 0.1, CAUSE_FOREIGN_LOAD = 0.1,
             CAUSE_STALL_SHARE = 0.1, CAUSE_BANDWIDTH_SHARE = 0.6, CAUSE_BUSY_SHARE = 0.8;

const char *bottleneck_name(bottleneck which)
{
    static const char *const NAMES[] = {
        [BOTTLENECK_UNKNOWN] = "unknown",
        [BOTTLENECK_BANDWIDTH] = "memory bandwidth",
        [BOTTLENECK_COMPUTE] = "compute",
        [BOTTLENECK_STALLS] = "stalls",
        [BOTTLENECK_SWAP] = "paging",
        [BOTTLENECK_THROTTLING] = "throttling",
        [BOTTLENECK_FOREIGN_LOAD] = "foreign load",
        [BOTTLENECK_OVERHEAD] = "overhead",
    };
    return NAMES[which];
}

/* ---- what was told ----------------------------------------------------------------------------------------------- */

/* The server that answered the tests last; -1: not known. */
static int server_of(const run_summary *s)
{
    return s->n_rows > 0 ? s->rows[s->n_rows - 1].test->server : -1;
}

/* A number about the model, or about the server that answered. */
static double told(const run_record *run, int subject, int server, fact_name name)
{
    const double of_model = run_number(run, subject, -1, name);
    return !isnan(of_model) ? of_model : run_number(run, subject, server, name);
}

/* Positions that a generated token sees, its prompt and half of its answer: mean over the generated tokens. */
static double mean_context(const run_summary *s)
{
    double positions = 0, tokens = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        const answer_record *const a = &s->rows[i].test->answer;
        const double n = (double)s->rows[i].metrics.n_tokens;
        if (a->status == TEST_COMPLETED && a->prompt_tokens >= 0) {
            positions += n * ((double)a->prompt_tokens + n / 2);
            tokens += n;
        }
    }
    return tokens > 0 ? positions / tokens : NAN;
}

static void measure_bandwidth(const run_record *run, int subject, const run_summary *s, speed_cause *c)
{
    const int server = server_of(s);
    c->mean_context = mean_context(s);
    c->kv_bytes = told(run, subject, server, FACT_KV_BYTES_PER_TOKEN) * c->mean_context;
    c->token_expert_bytes = told(run, subject, server, FACT_TOKEN_EXPERT_BYTES);
    c->token_bytes = told(run, subject, server, FACT_TOKEN_BYTES) + (isnan(c->kv_bytes) ? 0 : c->kv_bytes);
    c->machine_bandwidth = run_number(run, -1, -1, FACT_READ_BANDWIDTH);
    c->effective_bandwidth = c->token_bytes * s->decode_tps;
    c->share = c->effective_bandwidth / c->machine_bandwidth;
    c->roofline_tps = c->machine_bandwidth / c->token_bytes;
}

/* ---- what was sampled -------------------------------------------------------------------------------------------- */

/* Sums over pairs of neighbouring samples of one server within one test; NAN: no pair has the figure. */
typedef struct sample_sums {
    double seconds; // of all pairs
    double server_cpu, machine_cpu, client_cpu, major_faults, throttled;
    double psi_memory, n_psi;
} sample_sums;

static bool is_during_test(const run_summary *s, int64_t t_ms)
{
    for (size_t i = 0; i < s->n_rows; i++) {
        const test_record *const t = s->rows[i].test;
        if (t->answer.end_ns >= 0 && t_ms >= t->start_ms && t_ms <= t->start_ms + t->answer.end_ns / 1000000)
            return true;
    }
    return false;
}

/* Growth of a total; one that is not known in both samples adds nothing, one that shrinks is of a new process. */
static void grow(double *sum, const resource_sample *a, const resource_sample *b, sample_figure figure)
{
    const double growth = b->values.v[figure] - a->values.v[figure];
    if (growth >= 0)
        *sum = isnan(*sum) ? growth : *sum + growth;
}

static sample_sums sum_samples(const run_record *run, const run_summary *s)
{
    sample_sums sums = {0, NAN, NAN, NAN, NAN, NAN, 0, 0};
    const int server = server_of(s);
    const resource_sample *before = NULL;
    for (size_t i = 0; i < run->n_samples; i++) {
        const resource_sample *const now = &run->samples[i];
        if (now->server != server)
            continue;
        if (!is_during_test(s, now->t_ms)) {
            before = NULL;
            continue;
        }
        if (before != NULL) {
            sums.seconds += (double)(now->t_ms - before->t_ms) / 1000;
            grow(&sums.server_cpu, before, now, SAMPLE_SERVER_CPU);
            grow(&sums.machine_cpu, before, now, SAMPLE_MACHINE_CPU);
            grow(&sums.client_cpu, before, now, SAMPLE_CLIENT_CPU);
            grow(&sums.major_faults, before, now, SAMPLE_MAJOR_FAULTS);
            grow(&sums.throttled, before, now, SAMPLE_THROTTLED);
        }
        sums.psi_memory += isnan(now->values.v[SAMPLE_PSI_MEMORY]) ? 0 : now->values.v[SAMPLE_PSI_MEMORY];
        sums.n_psi += !isnan(now->values.v[SAMPLE_PSI_MEMORY]);
        before = now;
    }
    return sums;
}

/* What the machine did beyond the server and the benchmark; the run's own figure where there are no samples. */
static double foreign_share(const run_record *run, const sample_sums *sums, double core_seconds)
{
    const double client = isnan(sums->client_cpu) ? 0 : sums->client_cpu;
    const double sampled = fmax(0, (sums->machine_cpu - sums->server_cpu - client) / core_seconds);
    const bool is_sampled = !isnan(sums->machine_cpu) && !isnan(sums->server_cpu) && core_seconds > 0;
    return is_sampled ? sampled : run_number(run, -1, -1, FACT_FOREIGN_LOAD) / 100;
}

static void measure_use(const run_record *run, int subject, const run_summary *s, speed_cause *c)
{
    const sample_sums sums = sum_samples(run, s);
    const double n_cores = run->info.n_cores > 0 ? run->info.n_cores : NAN;
    const double n_threads = told(run, subject, server_of(s), FACT_N_THREADS);
    const double seconds = sums.seconds > 0 ? sums.seconds : NAN;
    double stall_ms = 0, all_ms = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        if (s->rows[i].test->answer.status == TEST_COMPLETED) {
            stall_ms += s->rows[i].metrics.stall_ms;
            all_ms += s->rows[i].metrics.e2e_ms;
        }
    }
    c->server_cpu_share = sums.server_cpu / (seconds * n_cores);
    c->busy_share = c->server_cpu_share * n_cores / (n_threads > 0 ? fmin(n_threads, n_cores) : n_cores);
    c->major_faults_per_s = sums.major_faults / seconds;
    c->psi_memory_pct = sums.n_psi > 0 ? sums.psi_memory / sums.n_psi : NAN;
    c->is_throttled = sums.throttled > 0;
    c->foreign_load_share = foreign_share(run, &sums, seconds * n_cores);
    c->stall_share = all_ms > 0 ? stall_ms / all_ms : NAN;
}

/* ---- which resource decides -------------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void decide(speed_cause *c, bottleneck which, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    c->which = which;
    vsnprintf(c->why, sizeof c->why, format, args);
    va_end(args);
}

/* What disturbs comes before what limits: a machine that pages is slow whatever its memory could give. */
static bool find_disturbance(speed_cause *c)
{
    if (c->major_faults_per_s >= CAUSE_MAJOR_FAULTS_PER_S)
        decide(c, BOTTLENECK_SWAP, "the server reads pages from storage, %.0f a second", c->major_faults_per_s);
    else if (c->psi_memory_pct >= 100 * CAUSE_MEMORY_PRESSURE)
        decide(c, BOTTLENECK_SWAP, "tasks wait for memory in %.0f %% of the time", c->psi_memory_pct);
    else if (c->is_throttled)
        decide(c, BOTTLENECK_THROTTLING, "the processor lowered its frequency for heat while tests ran");
    else if (c->foreign_load_share > CAUSE_FOREIGN_LOAD)
        decide(c, BOTTLENECK_FOREIGN_LOAD, "other processes use %.0f %% of the cores", 100 * c->foreign_load_share);
    else if (c->stall_share >= CAUSE_STALL_SHARE)
        decide(c, BOTTLENECK_STALLS, "the stream stalls for %.0f %% of the time", 100 * c->stall_share);
    return c->which != BOTTLENECK_UNKNOWN;
}

/* Cores that wait for memory count as busy, so compute is named only if the bandwidth is known to be free. */
static void find_limit(speed_cause *c)
{
    const double gb = 1e9, share_pct = 100 * c->share, busy_pct = 100 * c->busy_share;
    if (c->share >= CAUSE_BANDWIDTH_SHARE)
        decide(c, BOTTLENECK_BANDWIDTH, "%.3g GB are read for a token, %.3g GB/s: %.0f %% of the %.3g GB/s measured",
               c->token_bytes / gb, c->effective_bandwidth / gb, share_pct, c->machine_bandwidth / gb);
    else if (isnan(c->busy_share))
        decide(c, BOTTLENECK_UNKNOWN, "the processor time of the server was not measured");
    else if (c->busy_share < CAUSE_BUSY_SHARE)
        decide(c, BOTTLENECK_OVERHEAD,
               "the server's threads are busy for %.0f %% of the time: they wait for work, for each other or for the "
               "client",
               busy_pct);
    else if (isnan(c->share))
        decide(c, BOTTLENECK_UNKNOWN,
               "the server's threads are busy for %.0f %% of the time; what share of the memory's bandwidth they use "
               "is not known",
               busy_pct);
    else
        decide(c, BOTTLENECK_COMPUTE,
               "the server's threads are busy for %.0f %% of the time and read %.0f %% of the %.3g GB/s measured",
               busy_pct, share_pct, c->machine_bandwidth / gb);
}

speed_cause speed_cause_of(const run_record *run, int subject, const run_summary *summary)
{
    speed_cause c = {.which = BOTTLENECK_UNKNOWN};
    measure_bandwidth(run, subject, summary, &c);
    measure_use(run, subject, summary, &c);
    if (isnan(summary->decode_tps))
        decide(&c, BOTTLENECK_UNKNOWN, "no test has a decode rate");
    else if (!find_disturbance(&c))
        find_limit(&c);
    return c;
}
