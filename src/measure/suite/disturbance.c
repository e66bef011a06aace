/* disturbance.c - differences between clocks, and between counters of processor time. */
#include "suite/disturbance.h"

#include <math.h>
#include <time.h>

/* Clocks are adjusted by at most 500 parts in a million; a minute between two looks is 30 ms. */
static const int64_t STEP_NS = 50 * 1000000;

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    return clock_gettime(id, &t) == 0 ? (int64_t)t.tv_sec * 1000000000 + t.tv_nsec : 0;
}

static clock_reading read_system(void *ud)
{
    (void)ud;
    return (clock_reading){read_clock(CLOCK_REALTIME), read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_BOOTTIME)};
}

clock_reader clock_reader_system(void)
{
    return (clock_reader){read_system, NULL};
}

void clock_guard_begin(clock_guard *g, clock_reader reader)
{
    *g = (clock_guard){.reader = reader, .last = reader.read(reader.ud)};
}

/* The wall clock goes on while the machine is suspended, as the boot clock does: a step is what differs from that. */
void clock_guard_look(clock_guard *g)
{
    const clock_reading now = g->reader.read(g->reader.ud), before = g->last;
    const int64_t slept = (now.boot - before.boot) - (now.monotonic - before.monotonic);
    const int64_t step = (now.wall - before.wall) - (now.boot - before.boot);
    if (slept >= STEP_NS)
        g->suspended_ms += (double)slept / 1e6;
    if ((step >= STEP_NS || step <= -STEP_NS) && fabs((double)step) > fabs(g->step_ms) * 1e6)
        g->step_ms = (double)step / 1e6;
    g->last = now;
}

/* Processor time of others between two samples of one server, in s; NAN if a sample lacks a figure. */
static double foreign_s(const resource_sample *a, const resource_sample *b)
{
    const double *const before = a->values.v, *const after = b->values.v;
    const double machine = after[SAMPLE_MACHINE_CPU] - before[SAMPLE_MACHINE_CPU];
    const double server = after[SAMPLE_SERVER_CPU] - before[SAMPLE_SERVER_CPU];
    const double client = after[SAMPLE_CLIENT_CPU] - before[SAMPLE_CLIENT_CPU];
    return machine - server - client;
}

double foreign_load_of(const run_record *run)
{
    double foreign = 0, seconds = 0;
    for (size_t i = 0; i < run->n_servers; i++) {
        const resource_sample *before = NULL;
        for (size_t k = 0; k < run->n_samples; k++) {
            const resource_sample *const s = &run->samples[k];
            if (s->server != (int)i)
                continue;
            const double other = before != NULL ? foreign_s(before, s) : NAN;
            if (!isnan(other) && s->test_index >= 0 && before->test_index >= 0) {
                foreign += other;
                seconds += (double)(s->t_ms - before->t_ms) / 1000;
            }
            before = s;
        }
    }
    const double capacity = seconds * run->info.n_cores;
    return capacity > 0 ? fmax(0, 100 * foreign / capacity) : NAN;
}
