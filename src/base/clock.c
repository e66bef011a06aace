#include "base/clock.h"

#include <time.h>

static uint64_t system_now(void *ud)
{
    (void)ud;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void system_sleep(void *ud, uint64_t ns)
{
    (void)ud;
    const struct timespec t = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    nanosleep(&t, NULL);
}

const clock_source *clock_system(void)
{
    static const clock_source clock = {system_now, system_sleep, NULL};
    return &clock;
}

static uint64_t fake_now(void *ud)
{
    return ((const fake_clock *)ud)->now;
}

static void fake_sleep(void *ud, uint64_t ns)
{
    ((fake_clock *)ud)->now += ns;
}

void fake_clock_init(fake_clock *f)
{
    f->clock = (clock_source){fake_now, fake_sleep, f};
    f->now = 0;
}
