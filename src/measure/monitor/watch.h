/* watch.h - watches a process's memory from a thread of its own.
 *
 * Five samples a second see every peak that lasts; they are kept until somebody takes them, in a ring of bounded size
 * whose oldest samples give way (an hour between two tests is no reason to eat memory).
 */
#ifndef MONITOR_WATCH_H
#define MONITOR_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/sysinfo.h"
#include "spillway/error.h"

typedef struct watch_sample {
    uint64_t t_ns; // of the clock
    process_memory memory;
    int tag; // what the process was doing: the last watch_tag
} watch_sample;

typedef struct memory_watch memory_watch;

/* Starts sampling process `pid` at once.  Errors: SW_ENOMEM, SW_EIO (no thread). */
SW_NODISCARD sw_code watch_start(memory_watch **out, long pid, const sw_clock *clock, sw_err *err);
/* Samples from now on carry `tag`. */
void watch_tag(memory_watch *watch, int tag);
/* Moves at most `max` of the oldest kept samples to `out`; returns how many.  Takes one sample first, so that there is
 * one even of a moment shorter than the interval. */
size_t watch_take(memory_watch *watch, watch_sample *out, size_t max);
/* NULL is accepted. */
void watch_stop(memory_watch *watch);

enum { WATCH_KEPT = 65536 }; // three and a half hours at five a second

#endif
