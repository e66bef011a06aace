/* cmd_perf.c - `spillway perf`: how fast a model runs here, and what share of the machine's limit that is.
 *
 * Each repetition measures the memory's read bandwidth, the prompt and the generation one after another, since what a
 * shared machine gives changes from second to second: shares are computed inside a repetition.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/sysinfo.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/engine_args.h"
#include "cmd/progress.h"
#include "results/stats.h"
#include "spillway.h"

enum { N_REPEAT_MAX = 100 };

typedef struct perf {
    sw_engine_args engine;
    long n_prompt, n_gen, n_depth, n_seqs, n_repeat;
    bool as_json, on_demand, quiet;
    // Per repetition.
    double prompt_rate[N_REPEAT_MAX]; // tokens/s
    double gen_rate[N_REPEAT_MAX];    // tokens/s, all sequences together
    double gen_bytes[N_REPEAT_MAX];   // weight bytes/s, one sequence only
    double bandwidth[N_REPEAT_MAX];   // bytes/s
    double share[N_REPEAT_MAX];       // gen_bytes / bandwidth
} perf;

static sw_code time_rate(sw_engine *e, const sw_time_request *r, double *rate_out, sw_err *err)
{
    uint64_t ns;
    const sw_code code = sw_engine_time(e, r, &ns, err);
    const double n = r->n_prompt > 0 ? r->n_prompt : (double)r->n_gen * r->n_seqs;
    *rate_out = code == SW_OK && ns > 0 ? n * 1e9 / (double)ns : 0;
    return code;
}

/* One repetition. */
static sw_code repeat(perf *p, sw_engine *e, sw_bandwidth_probe *probe, size_t i, sw_err *err)
{
    const sw_time_request prompt = {.n_depth = (int)p->n_depth, .n_prompt = (int)p->n_prompt, .n_seqs = 1};
    const sw_time_request gen = {.n_depth = (int)p->n_depth, .n_gen = (int)p->n_gen, .n_seqs = (int)p->n_seqs};
    const double before = sw_bandwidth_probe_run(probe);
    sw_code code = time_rate(e, &gen, &p->gen_rate[i], err);
    const double after = sw_bandwidth_probe_run(probe);
    if (code == SW_OK)
        code = time_rate(e, &prompt, &p->prompt_rate[i], err);
    p->bandwidth[i] = before > after ? before : after;
    p->gen_bytes[i] = p->gen_rate[i] / (double)p->n_seqs * (double)sw_engine_info(e)->bytes_per_token;
    p->share[i] = p->gen_bytes[i] / p->bandwidth[i];
    return code;
}

static void print_row(const char *name, double *values, size_t n, double scale, const char *unit)
{
    const sw_stats s = sw_stats_of(values, n);
    printf("%-22s %10.2f %10.2f %10.2f  %s\n", name, s.p50 * scale, s.min * scale, s.max * scale, unit);
}

static void print_table(perf *p, const sw_engine *e, const sw_engine_state *state)
{
    const sw_model_info *const m = sw_engine_info(e);
    const size_t n = (size_t)p->n_repeat;
    printf("model    %s, %s, %.2f GB, %.3f GB of weights read per token\n", m->name, m->quant,
           (double)m->file_bytes / 1e9, (double)m->bytes_per_token / 1e9);
    printf("machine  %s, %d threads, kernels %s\n", sw_cpu_name(), state->n_threads, state->isa);
    printf("load     %.2f s; peak memory %.2f GB\n\n", state->load_ms / 1e3, (double)sw_memory_of(0).peak / 1e9);
    printf("%-22s %10s %10s %10s  (%zu repetitions)\n", "", "median", "min", "max", n);
    char name[64];
    snprintf(name, sizeof name, "prompt, %ld tokens", p->n_prompt);
    print_row(name, p->prompt_rate, n, 1, "tokens/s");
    snprintf(name, sizeof name, "generation, %ld tokens", p->n_gen);
    print_row(name, p->gen_rate, n, 1, "tokens/s");
    print_row("memory bandwidth", p->bandwidth, n, 1e-9, "GB/s, read");
    if (p->n_seqs == 1) {
        print_row("  used by generation", p->gen_bytes, n, 1e-9, "GB/s of weights");
        print_row("  share", p->share, n, 100, "%");
    }
}

static json_t *samples(const double *values, size_t n)
{
    json_t *const list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_real(values[i]));
    return list;
}

static void print_json(const perf *p, const sw_engine *e, const sw_engine_state *state)
{
    const sw_model_info *const m = sw_engine_info(e);
    const size_t n = (size_t)p->n_repeat;
    json_t *const j = json_pack(
        "{ss, ss, sI, sI, ss, si, ss, sf, sI, si, si, si, si, so, so, so}", "model", m->name, "quant", m->quant,
        "file_bytes", (json_int_t)m->file_bytes, "bytes_per_token", (json_int_t)m->bytes_per_token, "cpu",
        sw_cpu_name(), "threads", state->n_threads, "isa", state->isa, "load_ms", state->load_ms, "peak_memory_bytes",
        (json_int_t)sw_memory_of(0).peak, "n_prompt", (int)p->n_prompt, "n_gen", (int)p->n_gen, "n_depth",
        (int)p->n_depth, "n_seqs", (int)p->n_seqs, "prompt_tokens_per_s", samples(p->prompt_rate, n),
        "generation_tokens_per_s", samples(p->gen_rate, n), "read_bytes_per_s", samples(p->bandwidth, n));
    json_dumpf(j, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(j);
}

/* A repetition for every line on standard input, so that another program can measure something else in between. */
static sw_code run_on_demand(perf *p, sw_engine *e, sw_bandwidth_probe *probe, const char *isa, sw_err *err)
{
    char line[64];
    while (fgets(line, sizeof line, stdin) != NULL) {
        const sw_code code = repeat(p, e, probe, 0, err);
        if (code != SW_OK)
            return code;
        printf("{\"isa\": \"%s\", \"bytes_per_token\": %" PRIu64 ", \"prompt_tokens_per_s\": %.3f, "
               "\"generation_tokens_per_s\": %.3f, \"read_bytes_per_s\": %.0f}\n",
               isa, sw_engine_info(e)->bytes_per_token, p->prompt_rate[0], p->gen_rate[0], p->bandwidth[0]);
        fflush(stdout);
    }
    return SW_OK;
}

static sw_code run_all(perf *p, sw_engine *e, sw_bandwidth_probe *probe, sw_err *err)
{
    sw_progress progress;
    sw_progress_init(&progress, "measuring", "repetitions", p->quiet);
    sw_code code = repeat(p, e, probe, 0, err); // not counted: first touch of weights and caches
    for (size_t i = 0; i < (size_t)p->n_repeat && code == SW_OK; i++) {
        sw_progress_update(&progress, i, (uint64_t)p->n_repeat);
        code = repeat(p, e, probe, i, err);
    }
    sw_progress_finish(&progress);
    return code;
}

static sw_code run(perf *p, const char *path, sw_err *err)
{
    sw_engine_options options;
    sw_code code = sw_engine_args_resolve(&p->engine, &options, err);
    if (code != SW_OK)
        return code;
    sw_progress loading;
    sw_progress_init(&loading, "loading", NULL, p->quiet);
    options.n_seqs = (int)p->n_seqs;
    options.on_load = sw_progress_on_bytes;
    options.ud = &loading;
    if (options.n_ctx == 0)
        options.n_ctx = (int)(p->n_depth + (p->n_prompt > p->n_gen ? p->n_prompt : p->n_gen));
    sw_engine *engine;
    code = sw_engine_open(&engine, path, &options, err);
    sw_progress_finish(&loading);
    if (code != SW_OK)
        return code;
    const sw_engine_state state = sw_engine_get_state(engine);
    sw_bandwidth_probe *const probe = sw_bandwidth_probe_create(state.n_threads);
    if (probe == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory measuring the bandwidth");
    else if (p->on_demand)
        code = run_on_demand(p, engine, probe, state.isa, err);
    else
        code = run_all(p, engine, probe, err);
    if (code == SW_OK && p->as_json)
        print_json(p, engine, &state);
    else if (code == SW_OK && !p->on_demand)
        print_table(p, engine, &state);
    sw_bandwidth_probe_free(probe);
    sw_engine_close(engine);
    return code;
}

int sw_cmd_perf(int argc, char **argv)
{
    perf p = {.n_prompt = 512, .n_gen = 128, .n_seqs = 1, .n_repeat = 5};
    const sw_arg rows[] = {
        {"prompt", "-p", SW_ARG_INT, &p.n_prompt, 1, SW_LIMIT_CTX_TOKENS, "N", "tokens of the prompt (512)"},
        {"gen", "-n", SW_ARG_INT, &p.n_gen, 1, SW_LIMIT_CTX_TOKENS, "N", "tokens to generate (128)"},
        {"depth", "-d", SW_ARG_INT, &p.n_depth, 0, SW_LIMIT_CTX_TOKENS, "N", "tokens already in the cache (0)"},
        {"parallel", "-np", SW_ARG_INT, &p.n_seqs, 1, SW_LIMIT_SEQUENCES, "N", "sequences generated together (1)"},
        {"repeat", "-r", SW_ARG_INT, &p.n_repeat, 1, N_REPEAT_MAX, "N",
         "repetitions (5), after one that is not counted"},
        {"json", NULL, SW_ARG_FLAG, &p.as_json, 0, 0, NULL, "one JSON document with every repetition"},
        {"on-demand", NULL, SW_ARG_FLAG, &p.on_demand, 0, 0, NULL,
         "one repetition per line on standard input, one JSON line each"},
        {"quiet", "-q", SW_ARG_FLAG, &p.quiet, 0, 0, NULL, "no progress"},
        SW_ENGINE_ARG_ROWS(p.engine),
    };
    const sw_args args = {
        .command = "perf",
        .usage = "MODEL [-p 512] [-n 128] [-t N] [--json]",
        .description =
            "Times prompt evaluation and generation, the model calls alone, and measures the memory's read bandwidth\n"
            "in the same repetition: generation reads every used weight once per token, so its share of the\n"
            "bandwidth says how near the machine's limit it is.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = 1,
    };
    const char *path;
    size_t n_positional;
    const int status = sw_args_parse(&args, argc, argv, &path, &n_positional);
    if (status >= 0)
        return status;
    sw_err err = {0};
    return run(&p, path, &err) == SW_OK ? SW_EXIT_OK : sw_cmd_fail("perf", &err);
}
