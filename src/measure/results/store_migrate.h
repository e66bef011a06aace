/* store_migrate.h - a store of schema 1 becomes one of schema 2. */
#ifndef RESULTS_STORE_MIGRATE_H
#define RESULTS_STORE_MIGRATE_H

#include "results/store_db.h"

/* Within a transaction of the caller, and with foreign keys not yet enforced. */
SW_NODISCARD sw_code store_migrate(result_store *store, sw_err *err);

#endif
