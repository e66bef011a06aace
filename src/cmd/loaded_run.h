/* loaded_run.h - a run with its figures, by the name of its store, of a baseline or of a shared file. */
#ifndef CMD_LOADED_RUN_H
#define CMD_LOADED_RUN_H

#include "cmd/run_names.h"
#include "figures/analysis.h"
#include "share/share.h"

typedef struct loaded_run {
    char *name; // by which it is found again, escaped for a terminal; owned
    run_record *run;
    run_analysis analysis;
    share_file *shared; // that it is made of, owned; NULL: of a store
} loaded_run;

/* `text` is a run as run_name_parse takes it, a file of --share, or the name of a baseline of `folder`; one that could
 * be both is refused.  Free *out with loaded_run_free, also after an error.  Errors: SW_EINVAL, SW_ENOTFOUND, and those
 * of stores and of shared files. */
SW_NODISCARD sw_code loaded_run_open(loaded_run *out, const char *text, const char *folder, sw_err *err);
/* The run of that name. */
SW_NODISCARD sw_code loaded_run_of(loaded_run *out, const run_name *name, sw_err *err);
/* Appends the name by which loaded_run_open finds it again, escaped for a terminal. */
void loaded_run_put_name(buf *out, const run_name *name);
/* Leaves of a stored run what a shared file would hold, so that it can be compared with one.  Errors: those of
 * share_write. */
SW_NODISCARD sw_code loaded_run_share(loaded_run *run, sw_err *err);
void loaded_run_free(loaded_run *run);

#endif
