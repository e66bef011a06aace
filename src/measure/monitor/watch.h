/* watch.h - watches a process and its machine from a thread of its own.
 *
 * Ten samples a second see every peak that lasts.  They are kept until they are taken, in a ring of fixed size: when
 * it is full, a new sample replaces the oldest, so that an hour between two tests costs no memory.
 */
#ifndef MONITOR_WATCH_H
#define MONITOR_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "results/sample_figures.h"
#include "spillway/error.h"

enum {
    WATCH_KEPT = 65536,      // samples: almost two hours of them
    WATCH_INTERVAL_MS = 100, // between two samples
};

typedef struct watch_options {
    bool (*read)(void *ud, sample_values *out); // sample_source_read; called by several threads, one at a time
    void *ud;                                   // of read: the source
    const sw_clock *clock;                      // both must outlive the watch
} watch_options;

typedef struct watch_sample {
    uint64_t t_ns; // of the clock
    sample_values values;
    int tag; // what the process was doing: the last watch_tag
} watch_sample;

typedef struct memory_watch memory_watch;

/* Starts sampling at once.  Errors: SW_ENOMEM, SW_EIO (no thread). */
SW_NODISCARD sw_code watch_start(memory_watch **out, const watch_options *options, sw_err *err);
/* Samples from now on carry `tag`. */
void watch_tag(memory_watch *watch, int tag);
/* Moves at most `max` of the oldest kept samples to `out`; returns how many.  Takes one sample first, so that even a
 * moment shorter than the interval has one. */
size_t watch_take(memory_watch *watch, watch_sample *out, size_t max);
/* Returns within a twentieth of a second of the clock.  NULL is accepted. */
void watch_stop(memory_watch *watch);

#endif
