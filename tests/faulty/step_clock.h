/* step_clock.h - simulated time of a server that another process drives.
 *
 * The driver writes a step, a time in nanoseconds, to the server's standard input.  The server moves its clock there,
 * sends what is due, and writes a step_report to its standard output.  So both agree on what has happened at every
 * moment, however long it took, and the driver may jump to the next moment at which anything happens.
 */
#ifndef FAULTY_STEP_CLOCK_H
#define FAULTY_STEP_CLOCK_H

#include <stdint.h>

typedef struct step_report {
    uint64_t next_ns;    // when the next event is due; UINT64_MAX: none is
    uint64_t n_requests; // that have come so far
    uint64_t n_events;   // with text, sent so far
    uint64_t n_answers;  // ended so far
} step_report;

#endif
