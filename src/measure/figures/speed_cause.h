/* speed_cause.h - why a model is as fast as it is: the memory that a token reads, against what the machine can read,
 * and which resource is the bottleneck.  Pure.
 */
#ifndef FIGURES_SPEED_CAUSE_H
#define FIGURES_SPEED_CAUSE_H

#include "figures/summary.h"
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

/* When a resource decides: the first of these rules that holds, in this order. */
extern const double CAUSE_MAJOR_FAULTS_PER_S; // from so many on: swap
extern const double CAUSE_MEMORY_PRESSURE;    // or from such a share of time on in which tasks waited for memory
// any throttling event while tests ran: throttling
extern const double CAUSE_FOREIGN_LOAD;    // more than this share of all cores: foreign load
extern const double CAUSE_STALL_SHARE;     // from this share of the tests' time on: stalls
extern const double CAUSE_BANDWIDTH_SHARE; // from this share of the measured bandwidth on: bandwidth
extern const double CAUSE_BUSY_SHARE;      // from this share of the server's threads on: compute; else overhead

typedef struct speed_cause {
    double token_bytes;         // weights and KV read per generated token; NAN: not told
    double token_expert_bytes;  // of them, of routed experts
    double kv_bytes;            // of them, of keys and values at the mean context
    double mean_context;        // positions that a generated token sees
    double effective_bandwidth; // token_bytes * decode rate, B/s
    double machine_bandwidth;   // measured beside the run, B/s
    double share;               // effective / machine, 0 to 1
    double roofline_tps;        // machine_bandwidth / token_bytes
    double server_cpu_share;    // of all cores, while tests ran, 0 to 1
    double busy_share;          // of the threads that the server computes with
    double major_faults_per_s;  // of the server, while tests ran
    double stall_share;         // of the time of the tests
    double foreign_load_share;  // of all cores, other processes
    double psi_memory_pct;      // mean
    bool is_throttled;
    bottleneck which;
    char why[256]; // one sentence with the figures that decided
} speed_cause;

/* Of the tests in `summary`, one model in one mode.  Without a decode rate: BOTTLENECK_UNKNOWN. */
speed_cause speed_cause_of(const run_record *run, int subject, const run_summary *summary);

#endif
