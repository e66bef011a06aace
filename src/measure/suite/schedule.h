/* schedule.h - what a run asks, in which order: the steps of all models, modes and repetitions.
 *
 * Drift over a run must not look like a difference between modes.  So modes alternate with every repetition (A B A B),
 * and a cold request is sent right after its warm one.  Pure: the same protocol gives the same steps, and a resumed run
 * finds its stored tests among them.
 */
#ifndef SUITE_SCHEDULE_H
#define SUITE_SCHEDULE_H

#include "base/arena.h"
#include "protocol/settings.h"

enum {
    SCHEDULE_STEPS_MAX = 1000000,
    SCHEDULE_COLD_TOKENS = 8, // of a cold answer: the first text may come after tokens of a header
};

/* One request that is measured. */
typedef struct bench_step {
    int subject;
    server_side side; // that is asked
    test_mode mode;
    const char *variant; // MODE_SWEEP: "temperature=0.7"; else ""
    int index, repeat;
    test_plan plan;           // the test's, as this mode asks it
    const check_list *checks; // NULL: none
    int pass;                 // steps with the same number are sent together
    bool is_beside;           // follows its predecessor without a pause
    double offset_s;          // open loops: since the pass began
    bool is_stored;           // an earlier session has asked it
} bench_step;

typedef struct bench_schedule {
    bench_step *steps; // (n), model by model
    size_t n;
} bench_schedule;

typedef struct schedule_options {
    const bench_protocol *protocol; // with the settings in effect
    const bench_sweep *sweep;
    int n_subjects;
    server_side side;         // that answers all modes but MODE_REFERENCE
    bool has_reference;       // a server that does not offload is measured too
    const run_record *stored; // NULL: nothing is stored yet
} schedule_options;

/* The views in *out are into the protocol and the keep.  Errors: SW_ELIMIT (too many steps), SW_ENOMEM. */
SW_NODISCARD sw_code schedule_make(bench_schedule *out, const schedule_options *options, arena *keep, sw_err *err);

/* Returns true if the requests of this pass overlap. */
bool schedule_is_concurrent(const bench_step *step, const protocol_settings *settings);

#endif
