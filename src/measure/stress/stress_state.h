/* stress_state.h - what the parts of a stress run share: stress_runner.c (stages in order), stage_run.c (one stage),
 * stage_keep.c (its answers).
 */
#ifndef STRESS_STRESS_STATE_H
#define STRESS_STRESS_STATE_H

#include "stress/workload.h"
#include "suite/runner_state.h"

typedef struct planned_stage {
    const stress_suite *suite;
    const stress_stage *stage;
    stage_record record; // as it is stored
    double work;         // tokens that it may be answered with, for estimates
} planned_stage;

typedef struct stress_run {
    runner r; // servers, samples and progress
    const stress_protocol *protocol;
    planned_stage *stages; // (n), model by model
    size_t n;
    const run_record *stored; // what earlier sessions have asked
    int next_index;           // of requests
    int n_ended;              // requests that are stored
    double work_before;       // of the stages before the one under way
    arena *keep;
} stress_run;

/* A session and its request under way. */
typedef struct stage_slot {
    chat_transfer *transfer; // NULL: none is under way
    work_request request;
    uint64_t start_ns;
    int index, turn;
    bool has_left; // its client broke the request off, as was planned
    bool is_over;
} stage_slot;

typedef struct stage_run {
    stress_run *run;
    int position; // in run->stages
    workload *w;
    stage_slot *slots; // (w->n_sessions)
    size_t n_active, n_ended;
    bool is_canceled;  // a request was broken off
    uint64_t begin_ns; // of this session's part of the stage
    int64_t before_ms; // spent in earlier sessions
    uint64_t saved_ns; // when its record was stored last
} stage_run;

/* ---- stress_runner.c --------------------------------------------------------------------------------------------- */

/* Does what is missing of the protocol, as runner_run does. */
SW_NODISCARD sw_code stress_run_all(const stress_protocol *protocol, const runner_options *options, sw_err *err);

/* ---- stress_parameters.c ----------------------------------------------------------------------------------------- */

/* A JSON object in the keep with what is in effect, by the names of files; NULL if memory is short. */
const char *stress_parameters(const stress_suite *suite, const stress_stage *stage, arena *keep);

/* ---- stage_run.c ------------------------------------------------------------------------------------------------- */

/* Does what is missing of the stage with the server of run->r, and stores it.  A server that fails is in run->r.trouble
 * and not an error.  Errors: SW_ECANCELED, SW_ENOMEM, and those of the store. */
SW_NODISCARD sw_code stage_run_missing(stress_run *run, int position, sw_err *err);
/* Seconds of the stage's time. */
double stage_now_s(const stage_run *g, uint64_t now_ns);

/* ---- stage_keep.c ------------------------------------------------------------------------------------------------ */

/* Shows the workload what earlier sessions stored of this stage. */
void stage_replay(stage_run *g);
/* Stores the answer of a session, and shows it to the workload. */
SW_NODISCARD sw_code stage_keep(stage_run *g, int session, sw_err *err);
/* Stores the record of a stage as it is now, with the samples since the last test. */
SW_NODISCARD sw_code stage_save(stress_run *run, int position, sw_err *err);

#endif
