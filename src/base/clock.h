/* clock.h - time as a parameter: the system's clock, and one that a test moves.
 *
 * Objects take a clock from their options.  Only the default of such an option, and code that measures the machine
 * itself, use clock_system.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "spillway/clock.h"

/* The operating system's monotonic and wall clocks. */
const sw_clock *clock_system(void);

/* The clock of an option: NULL means the system's. */
static inline const sw_clock *clock_or_system(const sw_clock *c)
{
    return c != NULL ? c : clock_system();
}

/* Monotonic nanoseconds since an arbitrary start. */
static inline uint64_t clock_now_ns(const sw_clock *c)
{
    return c->now_ns(c->ud);
}

/* Seconds since 1970. */
static inline int64_t clock_unix_s(const sw_clock *c)
{
    return c->unix_s(c->ud);
}

static inline void clock_sleep_ns(const sw_clock *c, uint64_t ns)
{
    c->sleep_ns(c->ud, ns);
}

static inline double ns_to_ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

/* A clock that moves only when it is slept on or advanced; any thread may do either. */
typedef struct fake_clock {
    sw_clock clock;
    _Atomic uint64_t now; // nanoseconds
    int64_t unix_start_s; // the wall clock's time when `now` is 0
} fake_clock;

/* `now` starts at 0, the wall clock at 2026-01-01 00:00 UTC. */
void fake_clock_init(fake_clock *f);
void fake_clock_advance(fake_clock *f, uint64_t ns);

#endif
