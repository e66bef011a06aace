/* bench.h - one benchmark from its options to its stored run.
 *
 * Opens what a run needs (protocol, models, servers, store), cheap parts first, and takes it down again in any case: a
 * server that the benchmark started never outlives it.
 */
#ifndef SUITE_BENCH_H
#define SUITE_BENCH_H

#include "suite/bench_task.h"
#include "suite/runner.h"

typedef struct bench_session bench_session;

/* Prepares everything up to the first request.  The options, and the task (NULL: a benchmark), are needed until the
 * session is closed.  Errors: SW_EINVAL, and those of the parts that are opened. */
SW_NODISCARD sw_code bench_open(bench_session **out, const bench_options *options, const bench_task *task, sw_err *err);
/* Runs the steps that are missing, then ends the servers and stores the run's status.  Errors as runner_run; finished
 * tests are stored in any case. */
SW_NODISCARD sw_code bench_run(bench_session *bench, runner_progress_fn on_progress, void *ud, sw_err *err);
/* The run as it is stored now. */
SW_NODISCARD sw_code bench_load(bench_session *bench, run_record **out, sw_err *err);
const char *bench_dir(const bench_session *bench);
/* Why the memory of a given server is not measured; "" if it is. */
const char *bench_memory_note(const bench_session *bench);
/* What is not measured and why, one a line: files that were passed over, a side that was left out. */
const char *bench_notes(const bench_session *bench);
/* Settings that differ from the protocol's, one a line. */
const char *bench_differences(const bench_session *bench);
/* NULL is accepted. */
void bench_close(bench_session *bench);

#endif
