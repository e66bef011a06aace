/* bench_state.h - what the parts of a session share: bench.c (life), bench_open.c (a new or a stored run),
 * bench_finish.c (what is known at the end). */
#ifndef SUITE_BENCH_STATE_H
#define SUITE_BENCH_STATE_H

#include "suite/bench_task.h"

typedef struct bench_session bench_session;

struct bench_session {
    bench_options o;        // of the command line, completed from the stored run when resumed
    const bench_task *task; // NULL: a benchmark
    arena *keep;            // texts of the session
    bench_protocol *protocol;
    buf notes, differences; // see bench_notes, bench_differences
    subject_list subjects;
    bench_schedule schedule;
    bool has_reference;
    host_pool_options pool_options;
    host_pool *hosts;
    transfer_fleet *fleet;
    result_store *store;
    int64_t run_id;
    int n_warmups;           // that the run has already
    const char *dir;         // of the options, or in the keep
    int64_t started_unix_ms; // of the run, which a resumed one began earlier
    int64_t opened_unix_ms;  // of this session ...
    uint64_t opened_ns;      // ... the same moment on the clock ...
    int64_t origin_ms;       // ... and since the run began
    char watch_note[256];
    clock_guard guard;
    bool is_over_budget;
};

/* ---- bench_open.c: a new run, and what a stored one needs too ---------------------------------------------------- */

SW_NODISCARD sw_code bench_open_new(bench_session *bench, sw_err *err);
/* The models of the options. */
SW_NODISCARD sw_code bench_find_models(bench_session *bench, sw_err *err);
/* `stored`: what an earlier session has asked; NULL: nothing. */
SW_NODISCARD sw_code bench_make_schedule(bench_session *bench, const run_record *stored, sw_err *err);
/* Opens the pool and, if `first` is not NULL, the server of the first model. */
SW_NODISCARD sw_code bench_open_hosts(bench_session *bench, pooled_host **first, sw_err *err);
SW_NODISCARD sw_code bench_open_store(bench_session *bench, sw_err *err);
sw_code bench_out_of_memory(sw_err *err);

/* ---- bench_facts.c ----------------------------------------------------------------------------------------------- */

/* Looks at the machine, which takes seconds; *out is in the keep. */
SW_NODISCARD sw_code bench_machine_facts(bench_session *bench, const fact_record **out, size_t *n_out, sw_err *err);
/* Stores facts about the machine, the settings in effect and the models.  `skipped`: why there is no reference, or "".
 */
SW_NODISCARD sw_code bench_describe(bench_session *bench, const fact_record *machine, size_t n_machine,
                                    const char *skipped, sw_err *err);

/* ---- bench_stored.c ---------------------------------------------------------------------------------------------- */

SW_NODISCARD sw_code bench_open_stored(bench_session *bench, sw_err *err);

/* ---- bench_protocol.c -------------------------------------------------------------------------------------------- */

/* The side that answers all modes but MODE_REFERENCE. */
server_side bench_main_side(const bench_session *bench);
/* Puts flags into the protocol, and lists in bench->differences what is then another. */
SW_NODISCARD sw_code bench_apply_settings(bench_session *bench, sw_err *err);
/* Sets has_reference.  *why_not is "" unless the protocol wants a reference and this run has none. */
SW_NODISCARD sw_code bench_choose_reference(bench_session *bench, bool has_gpu, const char **why_not, sw_err *err);

/* ---- bench_finish.c ---------------------------------------------------------------------------------------------- */

/* Stores what the end of a session shows, and the run's status. */
SW_NODISCARD sw_code bench_finish(bench_session *bench, sw_err *err);

#endif
