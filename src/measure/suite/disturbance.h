/* disturbance.h - what disturbed a run: steps of the wall clock, a suspended machine, the load of other processes. */
#ifndef SUITE_DISTURBANCE_H
#define SUITE_DISTURBANCE_H

#include "results/record.h"

/* Three clocks of the machine at one moment, in ns. */
typedef struct clock_reading {
    int64_t wall;      // CLOCK_REALTIME: can be set
    int64_t monotonic; // CLOCK_MONOTONIC: does not count while the machine is suspended
    int64_t boot;      // CLOCK_BOOTTIME: does
} clock_reading;

typedef struct clock_reader {
    clock_reading (*read)(void *ud);
    void *ud;
} clock_reader;

/* The operating system's clocks. */
clock_reader clock_reader_system(void);

/* Compares readings with those before them. */
typedef struct clock_guard {
    clock_reader reader;
    clock_reading last;
    double step_ms;      // the largest step of the wall clock, with its sign; 0: none
    double suspended_ms; // in all
} clock_guard;

void clock_guard_begin(clock_guard *guard, clock_reader reader);
/* Called often: a step is told from slow adjustment by its size between two calls. */
void clock_guard_look(clock_guard *guard);

/* Share of all cores, in percent, that other processes used while tests were under way; NAN without such samples.  The
 * benchmark and the server that was asked do not count. */
double foreign_load_of(const run_record *run);

#endif
