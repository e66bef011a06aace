/* runner.h - works through a schedule: ask, check, store, pause, next.
 *
 * The runner is given a schedule, the servers, a fleet, a store and a run.  It reports its progress through a callback,
 * and stops within a tenth of a second when it is canceled.  A server that fails ends the turn of its model and not the
 * run.
 */
#ifndef SUITE_RUNNER_H
#define SUITE_RUNNER_H

#include "suite/runner_options.h"

/* Runs the steps that are missing.  Errors: SW_ECANCELED (finished tests are stored), SW_EIO (a server cannot be
 * reached any more; or the store cannot be written), SW_EUNSUPPORTED (a server refused its first request, as it would
 * all others), others of host_open, SW_ENOMEM.  The first server that fails is reported; the other models are still
 * run.  A test that fails is a result and not an error. */
SW_NODISCARD sw_code runner_run(const runner_options *options, runner_result *result, sw_err *err);

#endif
