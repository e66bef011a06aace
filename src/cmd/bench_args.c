/* bench_args.c - the rows of the options, what excludes what, and their meaning. */
#include "cmd/bench_args.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/model_names.h"
#include "cmd/terminal.h"

/* ---- what excludes what ------------------------------------------------------------------------------------------ */

/* One line and the exit code of wrong usage. */
static int usage_error(const bench_args *a, const char *message)
{
    fprintf(stderr, "spillway %s: %s\n", a->command, message);
    return CMD_EXIT_USAGE;
}

/* A resumed run asks what was planned: only who is asked, and for how long, may be said anew. */
static int check_resume(const bench_args *a)
{
    if (a->out != NULL || a->protocol != NULL)
        return usage_error(
            a, "--resume uses the folder and the protocol of its run; --out and --protocol cannot be given");
    if (a->serve != NULL || a->n_positional > 0 || a->model_dirs != NULL || a->models.n > 0)
        return usage_error(a, "--resume measures the models of its run; none can be named");
    const bool has_setting = a->modes != NULL || a->arrivals != NULL || a->warmup != NULL || a->slo != NULL ||
                             a->sweep != NULL || a->route != NULL || a->no_run_code || a->pause_s >= 0 ||
                             a->temperature >= 0 || a->rate >= 0 || a->burstiness >= 0 || a->n_repeats >= 0 ||
                             a->seed >= 0 || a->concurrency >= 0 || a->n_warmups >= 0;
    return has_setting ? usage_error(a, "--resume has the settings of its run; only --time-budget can be another") : -1;
}

/* The self-test brings its own server. */
static int check_self_test(const bench_args *a)
{
    if (a->share != NULL)
        return usage_error(a, "--self-test measures no model: there is nothing to write with --share");
    const bool has_server = a->url != NULL || a->serve != NULL || a->n_positional > 0 || a->model_dirs != NULL;
    if (has_server || a->resume != NULL)
        return usage_error(a, "--self-test measures a server of its own: no model, --url, --serve or --resume");
    return -1;
}

/* Who is measured: exactly one of four. */
static int check_server(const bench_args *a)
{
    const bool has_files = a->n_models > 0 || a->model_dirs != NULL;
    if ((a->url != NULL) + (a->serve != NULL) + has_files > 1)
        return usage_error(a, "--url, --serve and models (MODEL..., --model-dirs) exclude each other");
    if (a->url == NULL && a->serve == NULL && !has_files)
        return usage_error(a, "give models, a server with --url, or one model with --serve");
    if (a->models.n > 0 && a->url == NULL)
        return usage_error(a, "--model names a model at the server of --url; a file is named without --model");
    if (a->api_key != NULL && a->url == NULL)
        return usage_error(a, "--api-key is for a server of --url; those of the benchmark need none");
    if (a->n_models > BENCH_MODELS_MAX)
        return usage_error(a, "more than 64 models; measure them in several runs");
    return -1;
}

/* Options after "--": of servers that the benchmark starts. */
static int check_serve_options(const bench_args *a)
{
    if (a->n_positional > a->n_models && a->url != NULL)
        return usage_error(a, "options after \"--\" are for servers that the benchmark starts, not for that of --url");
    for (size_t i = a->n_models; i < a->n_positional; i++) {
        if (strncmp(a->positional[i], "--api-key", 9) == 0)
            return usage_error(a,
                               "a server of the benchmark needs no --api-key: its options are stored with the run, and "
                               "keys must not be");
    }
    return -1;
}

int bench_args_check(const bench_args *a)
{
    if (a->server_pid != 0 && a->url == NULL && a->resume == NULL)
        return usage_error(a, "--server-pid is for a server of --url; those of the benchmark are known");
    if (a->self_test)
        return check_self_test(a);
    if (a->resume != NULL)
        return check_resume(a);
    const int status = check_server(a);
    return status >= 0 ? status : check_serve_options(a);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static int parse_rows(bench_args *a, int argc, char **argv)
{
    // clang-format off
    const arg_row rows[] = {
        BENCH_TARGET_ROWS(a),
        {"protocol", NULL, ARG_STRING, &a->protocol, 0, 0, "FILE", "what to ask and how (default: the nine built-in tests)"},
        {"repeat", NULL, ARG_INT, &a->n_repeats, 1, PROTOCOL_REPEATS_MAX, "N", "ask all tests N times in every mode"},
        {"pause", NULL, ARG_DOUBLE, &a->pause_s, 0, 3600, "S", "seconds between tests"},
        {"temperature", NULL, ARG_DOUBLE, &a->temperature, 0, 2, "T", "of all tests"},
        {"seed", NULL, ARG_INT, &a->seed, 0, 9007199254740991, "N", "of all tests"},
        {"modes", NULL, ARG_STRING, &a->modes, 0, 0, "LIST", "stream, whole (no streaming), reference (not offloaded), cold (without a cached prefix)"},
        {"sweep", NULL, ARG_STRING, &a->sweep, 0, 0, "temperature=LIST", "ask all tests at each of these temperatures too"},
        {"concurrency", NULL, ARG_INT, &a->concurrency, 1, 1024, "N", "requests under way at once, or the size of a burst"},
        {"arrivals", NULL, ARG_STRING, &a->arrivals, 0, 0, "HOW", "closed (the next request waits for an answer), constant, poisson, gamma or burst"},
        {"rate", NULL, ARG_DOUBLE, &a->rate, 0.001, 1e6, "R", "requests, or bursts, per second"},
        {"burstiness", NULL, ARG_DOUBLE, &a->burstiness, 0.01, 100, "B", "shape of the gaps of --arrivals gamma: 1 is poisson, less is burstier"},
        {"warmup", NULL, ARG_STRING, &a->warmup, 0, 0, "RULE", "fixed, or steady: until the decode rate is"},
        {"warmup-requests", NULL, ARG_INT, &a->n_warmups, 0, 1000, "N", "to warm a server up with"},
        {"time-budget", NULL, ARG_DOUBLE, &a->time_budget_s, 0, 1e7, "S", "seconds for the run; tests that do not fit are not run (0: no limit)"},
        {"slo", NULL, ARG_STRING, &a->slo, 0, 0, "LIST", "objectives in milliseconds: ttft=500,tpot=100,itl_p99=300,e2e=60000"},
        {"no-run-code", NULL, ARG_FLAG, &a->no_run_code, 0, 0, NULL, "do not run the checks that run an answer's code"},
        {"route", NULL, ARG_STRING, &a->route, 0, 0, "ROUTE", "how to ask: openai, shimmy-sse, shimmy-ws or ollama (default: openai)"},
        BENCH_STORE_ROWS(a),
        {"self-test", NULL, ARG_FLAG, &a->self_test, 0, 0, NULL, "measure answers whose times are known: the error of each figure, and the client's own CPU time"},
        BENCH_OUTPUT_ROWS(a),
        {"share", NULL, ARG_STRING, &a->share, 0, 0, "FILE", "write a small file that can be posted too: figures, no prompts, answers or paths"},
    };
    // clang-format on
    const arg_list args = {
        .command = "bench",
        .usage = "(MODEL... | --model-dirs DIRS | --serve MODEL | --url URL | --resume DIR) [OPTIONS] [-- OPTIONS OF "
                 "SERVE]",
        .description =
            "Measures models by a protocol: serves each with its experts in RAM (--cpu-moe), asks the tests streamed "
            "and "
            "not, records when every token arrives, and writes the measurements, report.md and report.html to a "
            "folder.  Settings that are not given are the protocol's.  --resume continues a run that was stopped.\n\n"
            "`spillway bench review RUN` takes a person's scores of the answers; its --help explains it.\n\n"
            "Exit code: 0 all tests completed, 1 the run broke off, 2 usage, 3 a test or a criterion failed, 4 the run "
            "is invalid or says too little, 130 after Ctrl-C.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .max_positional = BENCH_POSITIONAL_MAX,
    };
    return args_parse(&args, argc, argv, a->positional, &a->n_positional);
}

/* Words after "--". */
static size_t count_after_dashes(int argc, char **argv)
{
    int dashes = 1;
    while (dashes < argc && strcmp(argv[dashes], "--") != 0)
        dashes++;
    return dashes < argc ? (size_t)(argc - dashes - 1) : 0;
}

bench_args bench_args_begin(const char *command)
{
    return (bench_args){.command = command,
                        .pause_s = -1,
                        .temperature = -1,
                        .rate = -1,
                        .burstiness = -1,
                        .time_budget_s = -1,
                        .n_repeats = -1,
                        .seed = -1,
                        .concurrency = -1,
                        .n_warmups = -1,
                        .connect_timeout_s = 10,
                        .first_token_timeout_s = 600,
                        .idle_timeout_s = 120,
                        .test_timeout_s = 3600};
}

void bench_args_count(bench_args *a, int argc, char **argv)
{
    a->n_models = a->n_positional - count_after_dashes(argc, argv);
}

int bench_args_parse(bench_args *a, int argc, char **argv)
{
    *a = bench_args_begin("bench");
    const int status = parse_rows(a, argc, argv);
    if (status >= 0)
        return status;
    bench_args_count(a, argc, argv);
    return bench_args_check(a);
}

/* ---- meaning ----------------------------------------------------------------------------------------------------- */

/* The path of every model; a name is looked up where `spillway serve` does. */
static sw_code find_files(bench_args *a, bench_options *out, sw_err *err)
{
    sw_code code = SW_OK;
    const char *const *const names = a->serve != NULL ? &a->serve : a->positional;
    out->n_models = a->serve != NULL ? 1 : a->n_models;
    for (size_t i = 0; code == SW_OK && i < out->n_models; i++) {
        if (!utf8_valid(names[i], strlen(names[i])))
            return sw_fail(err, SW_EINVAL, "a model's name is not UTF-8 and cannot be stored with the run: '%.100s'",
                           names[i]);
        code = model_names_find(names[i], NULL, a->paths[i], sizeof a->paths[i], err);
        a->files[i] = a->paths[i];
    }
    out->models = a->files;
    return code;
}

static double given(double value)
{
    return value >= 0 ? value : NAN;
}

static sw_code read_settings(const bench_args *a, bench_settings *s, sw_err *err)
{
    *s = settings_none();
    s->v[SETTING_REPEAT] = given((double)a->n_repeats);
    s->v[SETTING_PAUSE] = given(a->pause_s);
    s->v[SETTING_TEMPERATURE] = given(a->temperature);
    s->v[SETTING_SEED] = given((double)a->seed);
    s->v[SETTING_CONCURRENCY] = given((double)a->concurrency);
    s->v[SETTING_RATE] = given(a->rate);
    s->v[SETTING_BURSTINESS] = given(a->burstiness);
    s->v[SETTING_WARMUP_REQUESTS] = given((double)a->n_warmups);
    s->v[SETTING_TIME_BUDGET] = given(a->time_budget_s);
    sw_code code = a->modes != NULL ? settings_read_modes(s, a->modes, err) : SW_OK;
    if (code == SW_OK && a->arrivals != NULL)
        code = settings_read_arrivals(s, a->arrivals, err);
    if (code == SW_OK && a->warmup != NULL)
        code = settings_read_warmup(s, a->warmup, err);
    return code == SW_OK && a->slo != NULL ? settings_read_objectives(s, a->slo, err) : code;
}

static sw_code read_route(const bench_args *a, bench_options *out, sw_err *err)
{
    const int route = a->route != NULL ? bench_route_from_name(a->route) : ROUTE_OPENAI;
    if (route < 0)
        return sw_fail(err, SW_EINVAL, "--route takes openai, shimmy-sse, shimmy-ws or ollama, not '%.60s'", a->route);
    out->route = (transfer_route)route;
    return SW_OK;
}

sw_code bench_args_options(bench_args *a, const char *command, bench_options *out, sw_err *err)
{
    *out = (bench_options){
        .url = a->url,
        .models = a->models.values,
        .n_models = a->models.n,
        .model_dirs = a->model_dirs,
        .is_plain = a->serve != NULL,
        .serve_options = a->positional + a->n_models,
        .n_serve_options = a->n_positional - a->n_models,
        .api_key = a->api_key,
        .protocol_path = a->protocol,
        .dir = a->resume != NULL ? a->resume : a->out,
        .db_path = a->db,
        .is_without_code = a->no_run_code,
        .limits = {.connect_s = a->connect_timeout_s,
                   .first_token_s = a->first_token_timeout_s,
                   .idle_s = a->idle_timeout_s,
                   .deadline_s = a->test_timeout_s},
        .server_pid = a->server_pid,
        .resume = a->resume != NULL,
        .command = command,
        .clock = clock_system(),
    };
    sw_code code = read_settings(a, &out->settings, err);
    if (code == SW_OK && a->sweep != NULL)
        code = settings_read_sweep(&out->sweep, a->sweep, err);
    if (code == SW_OK)
        code = read_route(a, out, err);
    return code == SW_OK && a->url == NULL && a->resume == NULL ? find_files(a, out, err) : code;
}

/* ---- the command line as a text ---------------------------------------------------------------------------------- */

/* Appends one word, quoted for a shell if it must be. */
static void put_word(buf *out, const char *word)
{
    static const char SAFE[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:=,@%+";
    if (word[0] != '\0' && strspn(word, SAFE) == strlen(word)) {
        buf_puts(out, word);
        return;
    }
    buf_putc(out, '\'');
    for (const char *p = word; *p != '\0'; p++) {
        if (*p == '\'')
            buf_puts(out, "'\\''");
        else
            buf_putc(out, *p);
    }
    buf_putc(out, '\'');
}

void bench_args_describe(buf *out, int argc, char **argv)
{
    buf_puts(out, "spillway");
    for (int i = 0; i < argc; i++) {
        const bool is_key = strncmp(argv[i], "--api-key", 9) == 0;
        if (is_key && argv[i][9] == '\0')
            i++; // and its value
        if (is_key)
            continue;
        buf_putc(out, ' ');
        put_word(out, argv[i]);
    }
}
