/* cache_watch.h - whether the cache of experts pays: its state machine, without a cache and without a clock.
 *
 * Now and then a *trial* compares steps with the cache and steps without it: blocks of steps in the order with,
 * without, without, with, so that a sequence that grows favours neither.  Only steps that generate one token for each
 * of as many sequences are compared; the first of each block and the slowest of each side are left out.  If the
 * steps with the cache were slower by more than WATCH_TOLERANCE in two trials one after the other, the cache stops,
 * for a time that doubles with every stop: so it never flaps.  A trial that the cache wins makes the next one rarer.
 *
 * Not thread-safe: the engine's thread has it.
 */
#ifndef ENGINE_CACHE_WATCH_H
#define ENGINE_CACHE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WATCH_BLOCK_STEPS = 8, // of generation, in one block of a trial
    WATCH_SETTLE_STEPS = 2,
    WATCH_BLOCKS = 4,
    WATCH_SAMPLES = WATCH_BLOCKS / 2 * (WATCH_BLOCK_STEPS - WATCH_SETTLE_STEPS), // of each side
    WATCH_PERIOD_MIN = 256,                                                      // steps of generation before a trial
    WATCH_PERIOD_MAX = 4096,                                                     // and after many that the cache won
    WATCH_CONFIRM_STEPS = 64,                                                    // after one that it lost
    WATCH_ODD_STEPS_MAX = 256 // that cannot be compared, before a trial is given up
};
#define WATCH_TOLERANCE   1.02
#define WATCH_REST_NS     (UINT64_C(600) * 1000000000)
#define WATCH_REST_NS_MAX (UINT64_C(9600) * 1000000000)

typedef enum cache_watch_phase { WATCH_USING, WATCH_TRIAL, WATCH_STOPPED } cache_watch_phase;

typedef struct cache_watch {
    cache_watch_phase phase;
    int n_left, period; // steps of generation before the next trial; between trials
    // The trial.
    int block, n_block; // and steps in it
    int n_odd;
    size_t n_tokens;             // of the steps that are compared; 0: none was yet
    double ms[2][WATCH_SAMPLES]; // of steps without and with the cache
    int n_ms[2];
    int n_lost; // trials one after the other
    uint64_t rest_ns, resume_ns;
    // What was found.
    double with_ms, without_ms; // of the last trial; 0: there was none
    uint64_t n_trials, n_stops;
} cache_watch;

/* A step that was done. */
typedef struct cache_step {
    size_t n_tokens;
    bool is_generation; // one token for each sequence, and nothing of a prompt
    double ms;
    uint64_t end_ns; // by the engine's clock
} cache_step;

void cache_watch_init(cache_watch *w);
/* Returns true if the cache is to be used in the step that begins.  After a rest it is tried again. */
bool cache_watch_allows(cache_watch *w, uint64_t now_ns);
/* Returns true if this step ended the use of the cache. */
bool cache_watch_add(cache_watch *w, const cache_step *step);

#endif
