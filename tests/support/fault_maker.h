/* fault_maker.h - what a stress run would record of a server, sound or with one planted fault, without the server.
 *
 * Time is simulated: sessions ask one request after another, with pauses, and memory is sampled all the while.  Seeds
 * make runs that differ in everything that chance decides.
 */
#ifndef TEST_FAULT_MAKER_H
#define TEST_FAULT_MAKER_H

#include "figures/stress/stress_faults.h"

typedef struct fault_plan {
    int fault; // fault_kind, or -1: a sound server
    uint64_t seed;
    size_t n_requests;
    int n_sessions;
    double pause_s;  // mean, between two requests of a session
    double sample_s; // between two samples of memory
} fault_plan;

/* The arrays of *out are static: valid until the next call.  At most 20,000 requests and samples. */
void fault_world_make(const fault_plan *plan, fault_world *out);
/* The same run, as if it had ended after its first n requests. */
fault_world fault_world_begin(const fault_world *world, size_t n);

#endif
