/* watch.h - watches a process's memory from a thread of its own.
 *
 * Five samples a second see every peak that lasts; they are kept until somebody takes them, in a ring of bounded size
 * whose oldest samples give way (an hour between two tests is no reason to eat memory).
 */
#ifndef SW_WATCH_H
#define SW_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/sysinfo.h"
#include "spillway/error.h"

typedef struct sw_watch_sample {
    uint64_t t_ns; // of the clock
    sw_process_memory memory;
    int tag; // what the process was doing: the last sw_watch_tag
} sw_watch_sample;

typedef struct sw_watch sw_watch;

/* Starts sampling process `pid` at once.  Errors: SW_ENOMEM, SW_EIO (no thread). */
SW_NODISCARD sw_code sw_watch_start(sw_watch **out, long pid, const sw_clock *clock, sw_err *err);
/* Samples from now on carry `tag`. */
void sw_watch_tag(sw_watch *watch, int tag);
/* Moves at most `max` of the oldest kept samples to `out`; returns how many.  Takes one sample first, so that there is
 * one even of a moment shorter than the interval. */
size_t sw_watch_take(sw_watch *watch, sw_watch_sample *out, size_t max);
/* NULL is accepted. */
void sw_watch_stop(sw_watch *watch);

enum { SW_WATCH_KEPT = 65536 }; // three and a half hours at five a second

#endif
