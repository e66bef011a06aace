/* machine_facts.h - facts about the machine of a run: what it has before the run, and what disturbed the run. */
#ifndef HOSTS_MACHINE_FACTS_H
#define HOSTS_MACHINE_FACTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "results/record.h"
#include "spillway/clock.h"
#include "spillway/error.h"

/* READ_BANDWIDTH (measured for some seconds with all threads, if it is wanted), AVAILABLE_AT_START, FREE_STORAGE_BYTES
 * of `dir`, GPU_NAME and so on; *out is in the keep.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code machine_facts_of_run(const char *dir, bool measures_bandwidth, arena *keep,
                                          const fact_record **out, size_t *n_out, sw_err *err);

#endif
