/* speed_cause.h - why a model is as fast as it is: the memory that a token reads, against what the machine can read,
 * and which resource is the bottleneck.  Pure.
 */
#ifndef FIGURES_SPEED_CAUSE_H
#define FIGURES_SPEED_CAUSE_H

#include "results/record.h"

typedef enum bottleneck {
    BOTTLENECK_UNKNOWN,
    BOTTLENECK_BANDWIDTH, // the memory is read at a large share of what it can give
    BOTTLENECK_COMPUTE,   // the cores are busy and the memory is not
    BOTTLENECK_STALLS,    // a large share of the time is in stalls of the stream
    BOTTLENECK_SWAP,      // pages of the server come from storage
    BOTTLENECK_THROTTLING,
    BOTTLENECK_FOREIGN_LOAD,
    BOTTLENECK_OVERHEAD, // neither: the server waits for something that is not seen here
} bottleneck;

const char *bottleneck_name(bottleneck which);

typedef struct speed_cause {
    double token_bytes;         // weights and KV read per generated token
    double token_expert_bytes;  // of them, of routed experts
    double effective_bandwidth; // token_bytes * decode rate, B/s
    double machine_bandwidth;   // measured beside the run, B/s
    double share;               // effective / machine, 0 to 1
    double roofline_tps;        // machine_bandwidth / token_bytes
    double server_cpu_share;    // of all cores, while tests ran, 0 to 1
    double major_faults_per_s, stall_share, foreign_load_share, psi_memory_pct;
    bool is_throttled;
    bottleneck which;
    char why[256]; // one sentence with the figures that decided
} speed_cause;

/* decode_tps: of the mode that is explained; NAN gives BOTTLENECK_UNKNOWN. */
speed_cause speed_cause_of(const run_record *run, int subject, test_mode mode, double decode_tps);

#endif
