/* baselines.h - runs that are kept under a name, to compare others with.
 *
 * A baseline is a copy of one run, in a store of its own whose file is the name: `main` is
 * results/baselines/main.sqlite.  So a name needs no table, is pinned and replaced in one step, and every command reads
 * a baseline as it reads other stores.
 */
#ifndef CMD_BASELINES_H
#define CMD_BASELINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "cmd/run_names.h"

#define BASELINES_FOLDER "results/baselines"

// clang-format off
#define BASELINES_ARG_ROW(folder) \
    {"baselines", NULL, ARG_STRING, &(folder), 0, 0, "DIR", "folder of the baselines (default: " BASELINES_FOLDER ")"}
// clang-format on

enum { BASELINE_NAME_MAX = 64 };

/* Returns true for 1 to 64 of A-Z a-z 0-9 . _ - that begin with a letter or digit: such a name cannot leave the folder.
 */
bool baseline_is_name(const char *text);
/* Appends the path of the baseline's store; `name` is one. */
void baseline_put_path(buf *out, const char *folder, const char *name);
/* Returns true if there is such a baseline. */
bool baseline_exists(const char *folder, const char *name);

/* Copies the run.  Errors: SW_EINVAL (no name; there is one and not `force`; the run is invalid, aborted or not
 * finished), those of stores. */
SW_NODISCARD sw_code baseline_pin(const char *folder, const char *name, const run_name *run, bool force, sw_err *err);
/* Errors: SW_EINVAL (no name), SW_ENOTFOUND, SW_EIO. */
SW_NODISCARD sw_code baseline_unpin(const char *folder, const char *name, sw_err *err);

typedef struct baseline_list {
    const char **names; // sorted
    size_t n, cap;
    arena *keep;
} baseline_list;

/* None if there is no folder.  Free it with baseline_list_free, also after an error.  Errors: SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code baseline_list_find(const char *folder, baseline_list *out, sw_err *err);
void baseline_list_free(baseline_list *list);

#endif
