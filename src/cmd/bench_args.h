/* bench_args.h - the command line of `spillway bench`, and the options of the suite that it means. */
#ifndef CMD_BENCH_ARGS_H
#define CMD_BENCH_ARGS_H

#include <limits.h>

#include "cmd/arg_list.h"
#include "suite/bench_options.h"

enum { BENCH_POSITIONAL_MAX = 128 };

/* The command line as it was parsed; texts are those of argv, the environment or the configuration file. */
typedef struct bench_args {
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

/* Returns the exit code if the command ends here (help, a usage error), or -1. */
int bench_args_parse(bench_args *args, int argc, char **argv);
/* Finds the files of the models, and reads settings.  The views in *out are into `args` and `command`.  Errors:
 * SW_EINVAL, SW_ENOTFOUND, SW_ENOMEM. */
SW_NODISCARD sw_code bench_args_options(bench_args *args, const char *command, bench_options *out, sw_err *err);
/* Appends the command line as it was typed, quoted for a shell, without the API key: reports are passed on. */
void bench_args_describe(buf *out, int argc, char **argv);

#endif
