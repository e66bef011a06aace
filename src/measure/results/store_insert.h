/* store_insert.h - writes the parts of a run within a transaction of the caller: for store.h, which makes one for each
 * part, and for merging, which makes one for a whole run.
 */
#ifndef RESULTS_STORE_INSERT_H
#define RESULTS_STORE_INSERT_H

#include "results/record.h"
#include "results/store_db.h"

/* All of info but its id. */
SW_NODISCARD sw_code store_insert_run(result_store *store, const run_info *info, int64_t *id_out, sw_err *err);
SW_NODISCARD sw_code store_insert_placement(result_store *store, int64_t run_id, const placement_row *rows, size_t n,
                                            sw_err *err);
SW_NODISCARD sw_code store_insert_facts(result_store *store, int64_t run_id, const fact_record *facts, size_t n,
                                        sw_err *err);
/* Adds the stage at this position, or replaces it. */
SW_NODISCARD sw_code store_insert_stage(result_store *store, int64_t run_id, int position, const stage_record *stage,
                                        sw_err *err);
/* With its events, checks and experts. */
SW_NODISCARD sw_code store_insert_test(result_store *store, int64_t run_id, const test_record *test, sw_err *err);
/* With those of their GPUs. */
SW_NODISCARD sw_code store_insert_samples(result_store *store, int64_t run_id, const resource_sample *samples, size_t n,
                                          sw_err *err);
/* Those of a run that was loaded. */
SW_NODISCARD sw_code store_insert_gpu_samples(result_store *store, int64_t run_id, const gpu_sample *samples, size_t n,
                                              sw_err *err);
/* Of the tests of `run`, for the run of that id, which has the same tests. */
SW_NODISCARD sw_code store_insert_reviews(result_store *store, int64_t run_id, const run_record *run,
                                          const review_record *reviews, size_t n, sw_err *err);

#endif
