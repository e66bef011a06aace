/* clock.c - the two clocks of clock.h: system calls, and an atomic number. */
#include "base/clock.h"

#include <time.h>

enum { NEW_YEAR_2026_UNIX_S = 1767225600 };

static uint64_t system_now(void *ud)
{
    (void)ud;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int64_t system_unix(void *ud)
{
    (void)ud;
    return (int64_t)time(NULL);
}

static void system_sleep(void *ud, uint64_t ns)
{
    (void)ud;
    const struct timespec t = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    nanosleep(&t, NULL);
}

const sw_clock *clock_system(void)
{
    static const sw_clock clock = {system_now, system_unix, system_sleep, NULL};
    return &clock;
}

static uint64_t fake_now(void *ud)
{
    return atomic_load(&((fake_clock *)ud)->now);
}

static int64_t fake_unix(void *ud)
{
    fake_clock *const f = ud;
    return f->unix_start_s + (int64_t)(atomic_load(&f->now) / 1000000000u);
}

static void fake_sleep(void *ud, uint64_t ns)
{
    fake_clock_advance(ud, ns);
}

void fake_clock_init(fake_clock *f)
{
    f->clock = (sw_clock){fake_now, fake_unix, fake_sleep, f};
    atomic_init(&f->now, 0);
    f->unix_start_s = NEW_YEAR_2026_UNIX_S;
}

void fake_clock_advance(fake_clock *f, uint64_t ns)
{
    atomic_fetch_add(&f->now, ns);
}
