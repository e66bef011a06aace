/* bench_args.h - the command line of `spillway bench`, and the options of the suite that it means. */
#ifndef CMD_BENCH_ARGS_H
#define CMD_BENCH_ARGS_H

#include <limits.h>

#include "cmd/arg_list.h"
#include "suite/bench_options.h"

enum { BENCH_POSITIONAL_MAX = 128 };

/* The command line as it was parsed; texts are those of argv, the environment or the configuration file. */
typedef struct bench_args {
    const char *command; // "bench", for errors
    const char *url, *serve, *model_dirs, *protocol, *out, *db, *resume, *api_key, *color;
    const char *modes, *arrivals, *warmup, *slo, *sweep, *route, *share; // NULL: not given
    arg_strings models;                                                  // --model, at the server of --url
    double pause_s, temperature, rate, burstiness, time_budget_s;        // negative: not given
    long n_repeats, seed, concurrency, n_warmups;                        // likewise
    double connect_timeout_s, first_token_timeout_s, idle_timeout_s, test_timeout_s;
    long server_pid; // 0: not given
    bool json, quiet, no_report, no_run_code, self_test;
    const char *positional[BENCH_POSITIONAL_MAX];
    size_t n_models;     // positional[0 .. n_models): models
    size_t n_positional; // and then the options of the server
    char paths[BENCH_MODELS_MAX][PATH_MAX];
    const char *files[BENCH_MODELS_MAX]; // of the models, into paths
} bench_args;

/* Rows of options that commands which run a session have in common: who is measured, where the results are and how long
 * is waited for an answer, and what is printed.  The including file includes cmd/terminal.h. */
// clang-format off
#define BENCH_TARGET_ROWS(a) \
    {"url", NULL, ARG_STRING, &(a)->url, 0, 0, "URL", "measure a running OpenAI-compatible server, such as localhost:11435"}, \
    {"model", "-m", ARG_STRINGS, &(a)->models, 0, 0, "NAME", "a model of that server; several times for several models (default: the first that it lists)"}, \
    {"model-dirs", NULL, ARG_STRING, &(a)->model_dirs, 0, 0, "'A;B'", "measure all models in these folders"}, \
    {"serve", NULL, ARG_STRING, &(a)->serve, 0, 0, "MODEL", "measure one model, its server started with the options after \"--\" and no others"}, \
    {"api-key", NULL, ARG_STRING, &(a)->api_key, 0, 0, "KEY", "sent to the server of --url, never stored"}
#define BENCH_STORE_ROWS(a) \
    {"out", "-o", ARG_STRING, &(a)->out, 0, 0, "DIR", "folder of the results (default: results/TIME-MODEL)"}, \
    {"db", NULL, ARG_STRING, &(a)->db, 0, 0, "FILE", "store of the results (default: results.sqlite in the folder)"}, \
    {"resume", NULL, ARG_STRING, &(a)->resume, 0, 0, "DIR", "continue the run in this folder"}, \
    {"connect-timeout", NULL, ARG_DOUBLE, &(a)->connect_timeout_s, 0.1, 3600, "S", "limit for opening a connection (default: 10)"}, \
    {"first-token-timeout", NULL, ARG_DOUBLE, &(a)->first_token_timeout_s, 0.1, 86400, "S", "limit for the first token of an answer (default: 600)"}, \
    {"idle-timeout", NULL, ARG_DOUBLE, &(a)->idle_timeout_s, 0.1, 86400, "S", "limit between two tokens (default: 120)"}, \
    {"test-timeout", NULL, ARG_DOUBLE, &(a)->test_timeout_s, 0.1, 86400, "S", "limit for a whole test (default: 3600)"}, \
    {"server-pid", NULL, ARG_INT, &(a)->server_pid, 1, INT_MAX, "PID", "process of the server of --url, to measure its memory (default: the one that listens on the port, if it is known as a model server)"}
#define BENCH_OUTPUT_ROWS(a) \
    {"json", NULL, ARG_FLAG, &(a)->json, 0, 0, NULL, "print one JSON document instead of the table"}, \
    COLOR_ARG_ROW((a)->color), \
    {"quiet", "-q", ARG_FLAG, &(a)->quiet, 0, 0, NULL, "show no progress"}, \
    {"no-report", NULL, ARG_FLAG, &(a)->no_report, 0, 0, NULL, "store the results, but write no report.md and report.html"}
// clang-format on

/* No option is given. */
bench_args bench_args_begin(const char *command);
/* Sets n_models: the words before "--". */
void bench_args_count(bench_args *args, int argc, char **argv);
/* Says what is missing or excludes each other: the exit code of a usage error, or -1 if the arguments are good. */
int bench_args_check(const bench_args *args);
/* All of that for a benchmark.  Returns the exit code if the command ends here (help, a usage error), or -1. */
int bench_args_parse(bench_args *args, int argc, char **argv);
/* Finds the files of the models, and reads settings.  The views in *out are into `args` and `command`.  Errors:
 * SW_EINVAL, SW_ENOTFOUND, SW_ENOMEM. */
SW_NODISCARD sw_code bench_args_options(bench_args *args, const char *command, bench_options *out, sw_err *err);
/* Appends the command line as it was typed, quoted for a shell, without the API key: reports are passed on. */
void bench_args_describe(buf *out, int argc, char **argv);

#endif
