/* clock.h - monotonic time, passed in and replaceable, so that tests can let eight hours pass in seconds. */
#ifndef SW_CLOCK_H
#define SW_CLOCK_H

#include <stdint.h>

typedef struct sw_clock {
    uint64_t (*now_ns)(void *ud);            // monotonic nanoseconds since an arbitrary start
    void (*sleep_ns)(void *ud, uint64_t ns); // returns early only on a signal
    void *ud;
} sw_clock;

/* The system's monotonic clock. */
const sw_clock *sw_clock_system(void);

static inline uint64_t sw_now_ns(const sw_clock *c)
{
    return c->now_ns(c->ud);
}

static inline void sw_sleep_ns(const sw_clock *c, uint64_t ns)
{
    c->sleep_ns(c->ud, ns);
}

static inline double sw_ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

/* A clock that moves only when it is slept on or advanced. */
typedef struct sw_fake_clock {
    sw_clock clock;
    uint64_t now;
} sw_fake_clock;

void sw_fake_clock_init(sw_fake_clock *f);

#endif
