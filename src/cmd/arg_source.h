/* arg_source.h - where the value of each option is from, so that a weaker source does not replace it.
 *
 * The strongest source is read first: the command line, then the environment, then the configuration file.  One
 * command runs in a process, so there is one table.
 */
#ifndef CMD_ARG_SOURCE_H
#define CMD_ARG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/arg_list.h"

typedef enum arg_origin { ARG_FROM_DEFAULT, ARG_FROM_FILE, ARG_FROM_ENVIRONMENT, ARG_FROM_FLAG } arg_origin;

enum { ARG_VARIABLE_BYTES = 96 };

typedef struct arg_source {
    arg_origin origin;
    char variable[ARG_VARIABLE_BYTES]; // of the environment
    int line;                          // of the file
} arg_source;

/* Every option has its default. */
void arg_source_clear(void);

/* The source of the row arg_list_row(a, i). */
const arg_source *arg_source_of(size_t i);

/* Returns true if `origin` may set row i of the list: no stronger source has set it, or an option that excludes it
 * (--host is not read from a file if --bind is on the command line). */
bool arg_source_may_set(const arg_list *a, size_t i, arg_origin origin);

void arg_source_set(size_t i, arg_source source);

#endif
