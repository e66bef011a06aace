/* monitor_target.h - what `spillway monitor` watches: a process by one of three names, and the file of a model. */
#ifndef CMD_MONITOR_TARGET_H
#define CMD_MONITOR_TARGET_H

#include "spillway/error.h"

enum { MONITOR_PATH_BYTES = 4096 };

typedef struct monitor_target {
    // of options; at most one is given, the others are 0 or NULL
    long pid;
    const char *name, *url;
} monitor_target;

/* The number of the process; 0: the machine alone.  A program behind --url that may be a proxy is noted on standard
 * error. Errors: SW_EINVAL (several are named, or run the program), SW_ENOTFOUND, SW_ENOMEM. */
SW_NODISCARD sw_code monitor_target_find(const monitor_target *t, long *pid_out, sw_err *err);
/* The path of a model, "" for NULL; says on standard error if its page cache is not told.  Errors: those of
 * model_names_find. */
SW_NODISCARD sw_code monitor_target_model(const char *model, char path[MONITOR_PATH_BYTES], sw_err *err);

#endif
