/* saturation.h - whether a server keeps up with what arrives, and how soon it recovers if it did not.
 *
 * Requests arrive on their own (open loop).  A server that falls behind has more and more of them under way and answers
 * later and later: it is saturated if both surely rise over the last part of a stage.  Latencies are from the schedule,
 * so that a client that is itself late hides nothing.  Pure.
 */
#ifndef STRESS_SATURATION_H
#define STRESS_SATURATION_H

#include <stdbool.h>
#include <stddef.h>

#include "figures/stress/steady_slope.h"
#include "spillway/error.h"

/* One request of a stage.  Seconds on one clock; they ascend with `arrived_s`. */
typedef struct arrived_request {
    double arrived_s; // when the schedule wanted it
    double ended_s;   // of its answer; INFINITY: never
    double ttft_ms;   // since arrived_s; NAN: no token came
} arrived_request;

typedef struct saturation {
    size_t n;                             // requests
    double in_flight_mean, in_flight_max; // seen by those that arrive, themselves included
    steady_slope in_flight, ttft_ms;      // after the first quarter, per second
    bool is_judged;                       // both have a slope
    bool is_saturated;
} saturation;

/* Error: SW_ENOMEM. */
SW_NODISCARD sw_code saturation_of(const arrived_request *requests, size_t n, saturation *out, sw_err *err);

/* Seconds from `since_s`, when the load ended, until answers are as quick as before: the end of the first of
 * RECOVERY_ANSWERS answers in a row whose first token came within limit_ms.  0: it was never slow.  NAN: not within
 * these requests. */
enum { RECOVERY_ANSWERS = 5 };
double recovery_s(const arrived_request *requests, size_t n, double since_s, double limit_ms);

#endif
