/* store_migrate.h - a store of schema 1 to 3 becomes one of schema 4. */
#ifndef RESULTS_STORE_MIGRATE_H
#define RESULTS_STORE_MIGRATE_H

#include "results/store_db.h"

/* From schema `version`, 1 or 2; within a transaction of the caller, and with foreign keys not yet enforced. */
SW_NODISCARD sw_code store_migrate(result_store *store, int version, sw_err *err);

#endif
