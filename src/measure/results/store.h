/* store.h - the journal of benchmark runs: one SQLite file.
 *
 * Every test is committed in one transaction when it ends, with the time of each token and the memory samples of its
 * time, so that a killed run loses only the test under way.  Reports are made from the store and never from memory.  A
 * file that another program or a newer spillway made is refused and not changed; one of an older schema becomes schema
 * 4 when it is opened for writing, and is read as if it were without being changed.
 */
#ifndef RESULTS_STORE_H
#define RESULTS_STORE_H

#include "results/record.h"
#include "spillway/error.h"

typedef struct result_store result_store;

/* Creates the file if it does not exist, unless read_only.  Errors: SW_ENOTFOUND, SW_EIO, SW_EFORMAT (not a spillway
 * store, or damaged), SW_EUNSUPPORTED (made by a newer spillway), SW_EBUSY (another program is writing), SW_ENOMEM. */
SW_NODISCARD sw_code store_open(result_store **out, const char *path, bool read_only, sw_err *err);
void store_close(result_store *store);

/* Adds a run with status "running" in its first session, and its model as subject 0; info's id, status,
 * finished_unix_ms and n_sessions are not read.  Here and below: SW_EIO (storage is full, the store cannot be written,
 * or a position names nothing), SW_EBUSY, SW_ENOMEM; then nothing of the call is stored. */
SW_NODISCARD sw_code store_add_run(result_store *store, const run_info *info, int64_t *id_out, sw_err *err);
/* Marks an interrupted run as running again: one more session. */
SW_NODISCARD sw_code store_reopen_run(result_store *store, int64_t id, sw_err *err);
/* Adds the model at position `subject`, or replaces what is known of it.  SW_EINVAL: one before it is missing. */
SW_NODISCARD sw_code store_put_subject(result_store *store, int64_t run_id, int subject, const subject_record *record,
                                       sw_err *err);
/* *position_out is the server's in run_record.servers. */
SW_NODISCARD sw_code store_add_server(result_store *store, int64_t run_id, const server_record *server,
                                      int *position_out, sw_err *err);
SW_NODISCARD sw_code store_add_placement(result_store *store, int64_t run_id, const placement_row *rows, size_t n,
                                         sw_err *err);
SW_NODISCARD sw_code store_add_facts(result_store *store, int64_t run_id, const fact_record *facts, size_t n,
                                     sw_err *err);
/* Adds the stage at this position, or replaces what is known of it, and adds the samples since the last test.
 * SW_EINVAL: one before it is missing. */
SW_NODISCARD sw_code store_put_stage(result_store *store, int64_t run_id, int position, const stage_record *stage,
                                     const resource_sample *samples, size_t n_samples, sw_err *err);
/* Adds a test with its events, checks and experts, and the samples since the last one, in one transaction.  A test that
 * is not a warm-up is refused if the run has one of its subject, mode, variant, index and repeat. */
SW_NODISCARD sw_code store_add_test(result_store *store, int64_t run_id, const test_record *test,
                                    const resource_sample *samples, size_t n_samples, sw_err *err);
/* `reasons` and `fingerprint` as in run_info. */
SW_NODISCARD sw_code store_finish_run(result_store *store, int64_t id, const char *status, const char *reasons,
                                      const char *fingerprint, int64_t unix_ms, sw_err *err);

/* Stores reviews of tests of a run that was loaded from this store, in one transaction; each replaces that of the same
 * test and reviewer.  SW_ENOTFOUND: a test is not there any more. */
SW_NODISCARD sw_code store_put_reviews(result_store *store, const run_record *run, const review_record *reviews,
                                       size_t n, sw_err *err);

/* id 0: the latest run.  Errors: SW_ENOTFOUND, SW_EFORMAT, SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code store_load_run(result_store *store, int64_t id, run_record **out, sw_err *err);
void run_record_free(run_record *run);

/* ---- all runs of a store --------------------------------------------------------------------------------------------
 */

/* One run as a list shows it. */
typedef struct run_entry {
    int64_t id, started_unix_ms, finished_unix_ms; // finished 0: not
    const char *status, *fingerprint, *version, *url, *model, *protocol_name, *command;
    int n_models, n_sessions;
    int n_planned, n_measured, n_completed; // tests, without warm-ups
    bool is_emulated;                       // see run_is_emulated
    bool is_stress;                         // it has stages; else a benchmark
} run_entry;

typedef struct run_list {
    run_entry *entries; // in the order in which they were stored
    size_t n;
    struct arena *keep;
} run_list;

/* Free it with run_list_free, also after an error.  Errors: SW_EFORMAT, SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code store_list_runs(result_store *store, run_list *out, sw_err *err);
void run_list_free(run_list *list);

/* Removes a run with all that belongs to it.  Errors: SW_ENOTFOUND, and those of writing. */
SW_NODISCARD sw_code store_delete_run(result_store *store, int64_t id, sw_err *err);

/* Copies run `id` of `from`, in one transaction; *id_out is its number in `into`.  A run that `into` has already (it
 * was started at that time by that command, and measured the same) is not copied: *was_there_out is then true, and
 * *id_out the number of the one that is there.  Facts that this spillway does not know are left out.  Errors: those of
 * store_load_run and of writing. */
SW_NODISCARD sw_code store_merge_run(result_store *into, result_store *from, int64_t id, int64_t *id_out,
                                     bool *was_there_out, sw_err *err);

#endif
