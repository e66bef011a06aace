/* store_load.h - the parts of loading a run that have files of their own. */
#ifndef RESULTS_STORE_LOAD_H
#define RESULTS_STORE_LOAD_H

#include "results/record.h"
#include "results/store_db.h"

/* Fills run->tests, in the order in which they were stored; subjects, servers and stages are there. */
SW_NODISCARD sw_code store_load_tests(result_store *store, run_record *run, sw_err *err);
/* Fills run->reviews; the tests are there. */
SW_NODISCARD sw_code store_load_reviews(result_store *store, run_record *run, sw_err *err);

#endif
