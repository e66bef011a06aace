/* bench_command.h - a command that runs a session of the suite: signals, progress, results, exit code. */
#ifndef CMD_BENCH_COMMAND_H
#define CMD_BENCH_COMMAND_H

#include "cmd/bench_args.h"
#include "figures/analysis.h"
#include "suite/bench.h"

/* What such commands differ in. */
typedef struct bench_command {
    const char *name;       // "bench"
    const bench_task *task; // NULL: a benchmark
    /* Append the results for a terminal of `width` columns, and as one JSON document. */
    void (*put_text)(buf *out, const run_analysis *analysis, int width);
    sw_code (*put_json)(buf *out, const run_analysis *analysis, sw_err *err);
} bench_command;

/* Reads what the arguments mean, and runs it; returns the exit code. */
int bench_command_run(const bench_command *command, bench_args *args, int argc, char **argv);

#endif
