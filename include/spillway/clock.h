/* clock.h - time and random numbers as parameters, so that a test can simulate eight hours in seconds and repeat every
 * random number.
 *
 * Options that take one of these accept NULL for the operating system's own.  What they point to must outlive the
 * object that uses it.  Every function of them may be called from any thread, with `ud` unchanged.
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
    uint64_t (*next)(void *ud); // 64 unpredictable bits, for seeds and ids, not for cryptographic keys
    void *ud;
} sw_entropy;

#endif
