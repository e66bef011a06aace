/* args.h - declarative command-line options.
 *
 * A command describes its options as rows.  args_parse fills the variables that the rows point to, accepts
 * `--name value`, `--name=value` and `-n value`, prints the help, and reports an error in one sentence.  Every option
 * can also be set in the environment as SPILLWAY_ARG_<NAME> (upper case, '-' -> '_'); the command line wins.
 */
#ifndef CMD_ARGS_H
#define CMD_ARGS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum arg_type { ARG_FLAG, ARG_INT, ARG_INTS, ARG_DOUBLE, ARG_STRING } arg_type;

/* Whole numbers separated by commas: "1,2,4". */
enum { ARG_INTS_MAX = 16 };
typedef struct arg_ints {
    long values[ARG_INTS_MAX];
    size_t n;
} arg_ints;

typedef struct arg_row {
    const char *name;  // long name without dashes
    const char *alias; // another spelling with its dashes, such as "-t" or "-cmoe", or NULL
    arg_type type;
    void *value;             // bool *, long *, arg_ints *, double * or const char **
    double min, max;         // allowed range of INT, INTS and DOUBLE when min < max
    const char *placeholder; // "N", "FILE", ...; NULL for flags
    const char *help;        // any length: it is wrapped
} arg_row;

typedef struct arg_list {
    const char *command;
    const char *usage;       // what follows "spillway COMMAND"
    const char *description; // paragraphs, separated by an empty line; wrapped
    const arg_row *rows;
    size_t n_rows;
    size_t min_positional, max_positional;
} arg_list;

/* Parses argv[1..argc).  Writes the positional arguments to `positional` (room for max_positional) and their number to
 * *n_positional; strings stay in argv and the environment.  Returns -1 to go on, or the exit code to return at once (0
 * after --help, 2 after a usage error, which it has printed). */
int args_parse(const arg_list *args, int argc, char **argv, const char **positional, size_t *n_positional);

#endif
