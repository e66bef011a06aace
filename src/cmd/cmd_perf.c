/* cmd_perf.c - `spillway perf`: how fast a model runs here, and what share of the machine's limits that is.
 *
 * An engine is opened for every number of threads, never two at once.  Every row runs once uncounted (first touch of
 * weights and caches), and then --repeat times, all rows in turns.
 */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/sysinfo.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/engine_args.h"
#include "cmd/perf_measure.h"
#include "cmd/perf_report.h"
#include "cmd/progress.h"

static_assert((int)PERF_THREADS_MAX == (int)ARG_INTS_MAX, "every number of threads of the list has its engine state");

/* Values of the options. */
typedef struct perf_options {
    engine_args engine;
    arg_ints threads, prompt, gen;
    long n_depth, n_seqs, n_repeat;
    const char *output; // name of a format
    perf_format format;
    bool as_json, on_demand, quiet;
} perf_options;

/* Tokens that a sequence must hold: the depth and the longest row. */
static int longest(const perf_options *o)
{
    long n = 0;
    for (size_t i = 0; i < o->prompt.n; i++)
        n = o->prompt.values[i] > n ? o->prompt.values[i] : n;
    for (size_t i = 0; i < o->gen.n; i++)
        n = o->gen.values[i] > n ? o->gen.values[i] : n;
    return (int)(o->n_depth + n);
}

/* Opens an engine with the i-th number of threads; *out is NULL on failure.  Without --ctx-size the context is as small
 * as the rows allow, so that large models fit. */
static sw_code open_engine(sw_engine **out, const perf_options *o, const char *path, size_t i, sw_err *err)
{
    *out = NULL;
    sw_engine_options options;
    sw_code code = engine_args_resolve(&o->engine, &options, err);
    if (code != SW_OK)
        return code;
    progress_line loading;
    progress_init(&loading, "loading", NULL, o->quiet);
    options.n_threads = (int)o->threads.values[i];
    options.n_seqs = (int)o->n_seqs;
    options.on_load = progress_on_bytes;
    options.ud = &loading;
    if (options.n_ctx == 0)
        options.n_ctx = longest(o);
    code = sw_engine_open(out, path, &options, err);
    progress_finish(&loading);
    if (code == SW_OK && i == 0)
        engine_args_warn(*out);
    return code;
}

/* Adds the rows of an engine and runs each once, uncounted: first touch of weights and caches. */
static sw_code begin_rows(perf *p, const perf_options *o, sw_engine *e, sw_err *err)
{
    const size_t first = p->n_rows;
    p->states[p->n_states++] = sw_engine_get_state(e);
    for (size_t i = 0; i < o->prompt.n; i++)
        perf_add_row(p, e, true, (int)o->prompt.values[i]);
    for (size_t i = 0; i < o->gen.n; i++)
        perf_add_row(p, e, false, (int)o->gen.values[i]);
    sw_code code = SW_OK;
    for (size_t r = first; r < p->n_rows && code == SW_OK; r++)
        code = perf_repeat(p, &p->rows[r], 0, e, NULL, err);
    if (p->n_states == 1) // later peaks include the probes
        p->peak_bytes = sysinfo_memory_of(0).peak;
    return code;
}

/* Runs every row from `first` on --repeat times, in turns: a slow minute of the machine then hits all of them. */
static sw_code repeat_rows(perf *p, const perf_options *o, sw_engine *e, const perf_probes *probes, size_t first,
                           sw_err *err)
{
    progress_line progress;
    progress_init(&progress, "measuring", "repetitions", o->quiet);
    sw_code code = SW_OK;
    for (int i = 0; i < p->n_repeat && code == SW_OK; i++) {
        progress_update(&progress, (uint64_t)i, (uint64_t)p->n_repeat);
        for (size_t r = first; r < p->n_rows && code == SW_OK; r++)
            code = perf_repeat(p, &p->rows[r], i, e, probes, err);
    }
    progress_finish(&progress);
    return code;
}

/* Runs one repetition per line of standard input, so that another program can measure something else in between. */
static sw_code run_on_demand(const perf *p, sw_engine *e, const perf_probes *probes, sw_err *err)
{
    perf_row *const prompt = &p->rows[0], *const gen = &p->rows[1];
    char line[64];
    while (fgets(line, sizeof line, stdin) != NULL) {
        sw_code code = perf_repeat(p, gen, 0, e, probes, err);
        if (code == SW_OK)
            code = perf_repeat(p, prompt, 0, e, probes, err);
        if (code != SW_OK)
            return code;
        char multiply_adds[32] = "null"; // unknown with a GPU
        if (!isnan(prompt->work))
            snprintf(multiply_adds, sizeof multiply_adds, "%.0f", prompt->rate[0] * prompt->work);
        printf("{\"isa\": \"%s\", \"bytes_per_token\": %" PRIu64 ", \"prompt_tokens_per_s\": %.3f, "
               "\"generation_tokens_per_s\": %.3f, \"read_bytes_per_s\": %.0f, \"multiply_adds_per_s\": %s, "
               "\"peak_multiply_adds_per_s\": %.0f}\n",
               p->states[0].isa, sw_engine_info(e)->bytes_per_token, prompt->rate[0], gen->rate[0], gen->limit[0],
               multiply_adds, prompt->limit[0]);
        fflush(stdout);
    }
    return SW_OK;
}

/* Measures all rows of one number of threads.  The engine stays open: the report needs it. */
static sw_code run_threads(perf *p, const perf_options *o, sw_engine *e, sw_err *err)
{
    const size_t first = p->n_rows;
    perf_probes probes = {0};
    sw_code code = begin_rows(p, o, e, err);
    if (code == SW_OK)
        code = perf_probes_create(&probes, e, err);
    if (code == SW_OK)
        code = o->on_demand ? run_on_demand(p, e, &probes, err) : repeat_rows(p, o, e, &probes, first, err);
    perf_probes_free(&probes);
    return code;
}

static sw_code run(const perf_options *o, const char *path, sw_err *err)
{
    if (o->on_demand && (o->threads.n > 1 || o->prompt.n > 1 || o->gen.n > 1))
        return sw_fail(err, SW_EINVAL, "--on-demand takes one value of --threads, --prompt and --gen, not a list");
    const size_t n_rows = o->threads.n * (o->prompt.n + o->gen.n);
    perf p = {.n_depth = (int)o->n_depth,
              .n_seqs = (int)o->n_seqs,
              .n_repeat = (int)o->n_repeat,
              .rows = mem_calloc(n_rows, sizeof *p.rows)};
    if (p.rows == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for %zu rows", n_rows);
    sw_engine *engine = NULL;
    sw_code code = SW_OK;
    for (size_t i = 0; i < o->threads.n && code == SW_OK; i++) {
        sw_engine_close(engine); // never two at once
        code = open_engine(&engine, o, path, i, err);
        if (code == SW_OK)
            code = run_threads(&p, o, engine, err);
    }
    if (code == SW_OK && !o->on_demand)
        code = perf_print(&p, engine, o->format, err);
    sw_engine_close(engine);
    mem_free(p.rows);
    return code;
}

/* Before anything is loaded. */
static sw_code check_output(perf_options *o, sw_err *err)
{
    if (!perf_format_from_name(o->output, &o->format))
        return sw_fail(err, SW_EINVAL, "--output takes table, md, csv, json or jsonl, not '%.40s'", o->output);
    if (o->as_json && o->format != PERF_TABLE && o->format != PERF_JSON)
        return sw_fail(err, SW_EINVAL, "--json and --output %s cannot be combined", o->output);
    if (o->as_json)
        o->format = PERF_JSON;
    return SW_OK;
}

int cmd_perf(int argc, char **argv)
{
    perf_options o = {
        .threads = {{0}, 1}, .prompt = {{512}, 1}, .gen = {{128}, 1}, .n_seqs = 1, .n_repeat = 5, .output = "table"};
    const arg_row rows[] = {
        {"prompt", "-p", ARG_INTS, &o.prompt, 1, LIMIT_CTX_TOKENS, "N,...", "tokens of the prompt (default: 512)"},
        {"gen", "-n", ARG_INTS, &o.gen, 1, LIMIT_CTX_TOKENS, "N,...", "tokens to generate (default: 128)"},
        {"threads", "-t", ARG_INTS, &o.threads, 1, LIMIT_THREADS, "N,...", "compute threads (default: one per core)"},
        {"depth", "-d", ARG_INT, &o.n_depth, 0, LIMIT_CTX_TOKENS, "N", "tokens already in the cache (default: 0)"},
        {"parallel", "-np", ARG_INT, &o.n_seqs, 1, LIMIT_SEQUENCES, "N", "sequences generated together (default: 1)"},
        {"repeat", "-r", ARG_INT, &o.n_repeat, 1, PERF_REPEAT_MAX, "N",
         "repetitions, after one that is not counted (default: 5)"},
        {"output", "-o", ARG_STRING, &o.output, 0, 0, "FORMAT", "table, md, csv, json or jsonl (default: table)"},
        {"json", NULL, ARG_FLAG, &o.as_json, 0, 0, NULL,
         "the same as --output json: one document with every repetition"},
        {"on-demand", NULL, ARG_FLAG, &o.on_demand, 0, 0, NULL,
         "wait for a line on standard input before each repetition, print one JSON line after it"},
        {"quiet", "-q", ARG_FLAG, &o.quiet, 0, 0, NULL, "show no progress"},
        ENGINE_ARG_ROWS_BUT_THREADS(o.engine),
    };
    const arg_list args = {
        .command = "perf",
        .usage = "MODEL [-p 512,...] [-n 128,...] [-t N,...] [-o FORMAT]",
        .description =
            "Measures prompt evaluation and generation without a server, one row for every number of threads and\n"
            "tokens.  Each row is shown beside the limit of this machine, measured in the same repetition: memory\n"
            "bandwidth for generation, which reads every used weight once per token, and multiply-adds per second of\n"
            "the kernels for the prompt.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = 1,
        .model = ARG_MODEL_BY_NAME,
    };
    const char *path;
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, &path, &n_positional);
    if (status >= 0)
        return status;
    sw_err err = {0};
    sw_code code = check_output(&o, &err);
    if (code == SW_OK)
        code = run(&o, path, &err);
    return cmd_end("perf", code, &err);
}
