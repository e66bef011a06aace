/* clock.h - time and chance as parameters, so that a test can let eight hours pass in seconds and repeat every draw.
 *
 * Functions that take one of these accept NULL for the operating system's own.  What they point to must outlive the
 * object that was given them.  Every function may be called from any thread.
 */
#ifndef SPILLWAY_CLOCK_H
#define SPILLWAY_CLOCK_H

#include <stdint.h>

typedef struct sw_clock {
    uint64_t (*now_ns)(void *ud);            // monotonic nanoseconds since an arbitrary start
    int64_t (*unix_s)(void *ud);             // seconds since 1970
    void (*sleep_ns)(void *ud, uint64_t ns); // returns early only on a signal
    void *ud;
} sw_clock;

typedef struct sw_entropy {
    uint64_t (*next)(void *ud); // 64 unpredictable bits: seeds and ids, no keys
    void *ud;
} sw_entropy;

#endif
