/* clock.h - monotonic time, passed in and replaceable, so that tests can let eight hours pass in seconds. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

typedef struct clock_source {
    uint64_t (*now_ns)(void *ud);            // monotonic nanoseconds since an arbitrary start
    void (*sleep_ns)(void *ud, uint64_t ns); // returns early only on a signal
    void *ud;
} clock_source;

/* The system's monotonic clock. */
const clock_source *clock_system(void);

static inline uint64_t clock_now_ns(const clock_source *c)
{
    return c->now_ns(c->ud);
}

static inline void clock_sleep_ns(const clock_source *c, uint64_t ns)
{
    c->sleep_ns(c->ud, ns);
}

static inline double ns_to_ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

/* A clock that moves only when it is slept on or advanced. */
typedef struct fake_clock {
    clock_source clock;
    uint64_t now;
} fake_clock;

void fake_clock_init(fake_clock *f);

#endif
