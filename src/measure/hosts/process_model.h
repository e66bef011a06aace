/* process_model.h - which model file a process has, and where it writes its log.
 *
 * Both are the kernel's word (/proc/PID), not the server's: a path that a server names is never opened.
 */
#ifndef HOSTS_PROCESS_MODEL_H
#define HOSTS_PROCESS_MODEL_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"

/* The one model file that the process maps or, if it maps none, that its command line names.  Returns false if there is
 * none, if there are several, or if it cannot be seen. */
bool process_model_path(long pid, char out[PATH_MAX]);
/* The same, but only a file that is mapped: whatever program it is, such a process holds the model. */
bool process_model_mapped(long pid, char out[PATH_MAX]);

/* Appends the end, at most log->max bytes, of the regular file that the process writes its standard error or output to.
 * Returns false if there is none, or if it cannot be read. */
bool process_model_log(long pid, buf *log);

#endif
