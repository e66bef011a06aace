/* run_names.h - how a command line names stored runs: the store or its folder, and the number of the run after a colon.
 *
 *   results/2026-11-27-gpt-oss        the folder of a store
 *   results/2026-11-27-gpt-oss:2      run 2 of it
 *   all.sqlite:7                      run 7 of a store by its file's name
 *   results                           a folder of such folders, where several stores may be named
 */
#ifndef CMD_RUN_NAMES_H
#define CMD_RUN_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "spillway/error.h"

#define RUN_NAMES_FOLDER "results" // where `spillway bench` makes its folders

typedef struct run_name {
    const char *store; // path of the file
    int64_t id;        // 0: not named
} run_name;

typedef struct run_names {
    run_name *items;
    size_t n, cap;
    arena *keep;
} run_names;

/* One run or store.  Errors: SW_EINVAL, SW_ENOTFOUND (nothing of that name), SW_ENOMEM, here and below. */
SW_NODISCARD sw_code run_name_parse(const char *text, arena *keep, run_name *out, sw_err *err);

/* Appends what each argument names; a folder without a store names those of the folders in it, by name.  Without
 * arguments: all below RUN_NAMES_FOLDER, and none if there are none.  Free it with run_names_free, also after an error.
 */
SW_NODISCARD sw_code run_names_find(const char *const *texts, size_t n, run_names *out, sw_err *err);
void run_names_free(run_names *names);

/* Appends the name by which run_name_parse finds the run again, escaped for a terminal. */
void run_name_put(buf *out, const char *store, int64_t id);

#endif
