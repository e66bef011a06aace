/* args_print.h - `--print-config`: the value of every option, and where it is from. */
#ifndef CMD_ARGS_PRINT_H
#define CMD_ARGS_PRINT_H

#include "cmd/arg_list.h"

/* Prints a line per option, or one JSON document if the command has --json and it is given.  `path` is the
 * configuration file that was read; empty: none.  Keys are not shown. */
void args_print(const arg_list *args, const char *path);

#endif
