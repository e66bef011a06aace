/* watch.h - watches a process and its machine from a thread of its own.
 *
 * Ten samples a second see every peak that lasts.  They are kept until they are taken, in 5 MB, and 3 MB for each of
 * several GPUs.  When these are full,
 * every second sample is dropped, and from then on half as many are taken: so a test of any length has samples from its
 * first second to its last, and an hour between two tests costs no memory.
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
    WATCH_KEPT = 16384,      // samples: 27 minutes of them at full rate
    WATCH_INTERVAL_MS = 100, // between two samples, unless the kept ones were thinned out
};

typedef struct watch_options {
    bool (*read)(void *ud, sample_values *out);   // sample_source_read; called by several threads, one at a time
    void *ud;                                     // of read: the source
    const sw_clock *clock;                        // both must outlive the watch
    size_t n_gpus;                                // GPUs that are kept one by one, too
    void (*read_gpus)(void *ud, gpu_values *out); // (n_gpus): as `read` found them, right after it; NULL: n_gpus is 0
} watch_options;

typedef struct watch_sample {
    uint64_t t_ns; // of the clock
    sample_values values;
    int tag; // what the process was doing: the last watch_tag
} watch_sample;

typedef struct memory_watch memory_watch;

/* Starts sampling at once.  Errors: SW_ENOMEM, SW_EIO (no thread). */
SW_NODISCARD sw_code watch_start(memory_watch **out, const watch_options *options, sw_err *err);
/* Samples from now on carry `tag`.  Does not wait for a sample that is being read. */
void watch_tag(memory_watch *watch, int tag);
/* Moves at most `max` of the oldest kept samples to `out`; returns how many.  *gpus_out (it may be NULL) is that many
 * times n_gpus values, valid until the next call.  Takes one sample first, so that even a
 * moment shorter than the interval has one.  When all are taken, the full rate is back. */
size_t watch_take(memory_watch *watch, watch_sample *out, size_t max, const gpu_values **gpus_out);
size_t watch_n_gpus(const memory_watch *watch);
/* Returns within a twentieth of a second of the clock.  NULL is accepted. */
void watch_stop(memory_watch *watch);

#endif
