/* cmd_error.h - how a command reports an error, and prints text from outside. */
#ifndef CMD_CMD_ERROR_H
#define CMD_CMD_ERROR_H

#include <stdio.h>

#include "spillway/error.h"

/* Prints "spillway COMMAND: message" to standard error, escaped for terminals, and returns the exit code for err->code.
 */
int cmd_fail(const char *command, const sw_err *err);

/* The exit code of a command that ended with `code`: cmd_fail, unless it is SW_OK. */
int cmd_end(const char *command, sw_code code, const sw_err *err);

/* Prints text that may come from a hostile file, escaped for terminals. */
void cmd_print_safe(FILE *to, const char *text);

#endif
