/* arg_value.h - a text from the command line, the environment, a file or a chat as the value of an option. */
#ifndef CMD_ARG_VALUE_H
#define CMD_ARG_VALUE_H

#include "cmd/arg_list.h"

enum { ARG_RANGE_BYTES = 96 };

/* Stores `text` into the row's variable; a string is not copied.  Flags take on, true, 1, yes, enabled and their
 * opposites.  Returns false, and stores nothing, if it is no value of this option. */
bool arg_value_store(const arg_row *r, const char *text);

/* Returns true if arg_value_store would store `text`. */
bool arg_value_is_valid(const arg_row *r, const char *text);

/* Writes what a row allows: "a whole number from 1 to 256". */
void arg_value_describe(const arg_row *r, char range[ARG_RANGE_BYTES]);

#endif
