/* results_dir.h - the folder of a run's results. */
#ifndef SUITE_RESULTS_DIR_H
#define SUITE_RESULTS_DIR_H

#include <stdint.h>

#include "base/arena.h"
#include "spillway/error.h"

/* "results/20261122T011544Z-gpt-oss-20b", in the keep; NULL when memory is short.  Only letters, digits and "-_." of
 * the name are kept: a name from outside never becomes a path. */
const char *results_dir_name(int64_t unix_ms, const char *name, arena *keep);
/* Creates the folder and those above it.  Errors: SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code results_dir_make(const char *path, arena *keep, sw_err *err);
/* dir/name, in the keep; NULL when memory is short. */
const char *results_dir_join(const char *dir, const char *name, arena *keep);

#endif
