/* arg_visit.h - shows the option lists of commands: for man pages, completions and the checks of a configuration file.
 */
#ifndef CMD_ARG_VISIT_H
#define CMD_ARG_VISIT_H

#include <stdbool.h>

#include "cmd/arg_list.h"

/* Calls visit with the list of a command, and nothing else of the command: it must call args_parse before it does
 * anything. */
void arg_visit(int (*command)(int argc, char **argv), const char *name, void (*visit)(void *ud, const arg_list *args),
               void *ud);

/* For args_parse: returns true after it has shown the list to a visitor, if that is why the command was called. */
bool arg_visit_takes(const arg_list *args);

#endif
