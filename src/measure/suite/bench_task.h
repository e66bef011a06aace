/* bench_task.h - what a session of the suite does in place of a benchmark's tests. */
#ifndef SUITE_BENCH_TASK_H
#define SUITE_BENCH_TASK_H

#include "suite/runner_options.h"

/* Work of another kind in a session of the same kind: its models, servers, store and facts. */
typedef struct bench_task {
    void *ud;
    /* What is done, as a protocol without tests: its name, text, hash, settings and warm-up. */
    sw_code (*load)(void *ud, bench_protocol **out, sw_err *err);
    /* The same from the text that a run was stored with. */
    sw_code (*adopt)(void *ud, bench_protocol **out, const char *json, sw_err *err);
    /* Does what is missing, as runner_run does. */
    sw_code (*run)(void *ud, const runner_options *options, runner_result *result, sw_err *err);
} bench_task;

#endif
