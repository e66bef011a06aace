/* run_open.h - the store of a run that a command line named. */
#ifndef CMD_RUN_OPEN_H
#define CMD_RUN_OPEN_H

#include <stdbool.h>

#include "cmd/run_names.h"
#include "results/store.h"

/* As store_open; a file of --share is named as such, with the commands that read it (SW_EINVAL). */
SW_NODISCARD sw_code run_open(result_store **out, const run_name *name, bool read_only, sw_err *err);

#endif
