/* results_dir.h - the folder of a run's results. */
#ifndef SUITE_RESULTS_DIR_H
#define SUITE_RESULTS_DIR_H

#include <stdint.h>

#include "base/arena.h"

/* "results/20261122T011544Z-gpt-oss-20b", in the keep; NULL when memory is short.  Only letters, digits and "-_." of
 * the name are kept: a name from outside never becomes a path. */
const char *results_dir_name(int64_t unix_ms, const char *name, arena *keep);
/* dir/name, in the keep; NULL when memory is short. */
const char *results_dir_join(const char *dir, const char *name, arena *keep);

#endif
