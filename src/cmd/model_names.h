/* model_names.h - the names that `spillway serve` lists, for every command that takes a model. */
#ifndef CMD_MODEL_NAMES_H
#define CMD_MODEL_NAMES_H

#include <stddef.h>

#include "spillway/error.h"

/* Writes the path of `model` to out[0..size): itself if it is a file, "stub:" or can only be a path, else that of the
 * model of this name in the folders of `dirs` ("a;b"; NULL: the default folders).  Errors: SW_ENOTFOUND (the message
 * lists the names that there are), SW_ELIMIT (the path is too long), SW_ENOMEM. */
SW_NODISCARD sw_code model_names_find(const char *model, const char *dirs, char *out, size_t size, sw_err *err);

#endif
