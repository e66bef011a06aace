/* output_file.h - the rule for files that a user names as an output: what exists is replaced only if that was asked
 * for. */
#ifndef CMD_OUTPUT_FILE_H
#define CMD_OUTPUT_FILE_H

#include <stdbool.h>

#include "spillway/error.h"

/* The option of every command with such an output; `force` is a bool. */
#define FORCE_ARG_ROW(force)                                                                                           \
    {                                                                                                                  \
        "force", "-f", ARG_FLAG, &(force), 0, 0, NULL, "replace the output file if it exists"                          \
    }

/* `source` is the file that is read, or NULL.  Errors: SW_EINVAL (`path` names the source, or there is something of
 * this name, also a link to nothing, and not `force`). */
SW_NODISCARD sw_code output_file_check(const char *path, const char *source, bool force, sw_err *err);

#endif
