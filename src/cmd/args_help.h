/* args_help.h - the help of a command, from its rows. */
#ifndef CMD_ARGS_HELP_H
#define CMD_ARGS_HELP_H

#include "cmd/arg_list.h"

/* Everything that --help prints, on standard output: it was asked for, so it is a result. */
void args_help_print(const arg_list *args);

#endif
