/* args.h - declarative command-line options.
 *
 * A command describes its options as rows; sw_args_parse fills the variables that the rows point to, accepts
 * `--name value`, `--name=value`, `-n value`, prints help, and reports what is wrong in one sentence.  Every option can
 * also come from the environment as SPILLWAY_ARG_<NAME> (upper case, '-' -> '_'); the command line wins.
 */
#ifndef SW_ARGS_H
#define SW_ARGS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum sw_arg_type { SW_ARG_FLAG, SW_ARG_INT, SW_ARG_INTS, SW_ARG_DOUBLE, SW_ARG_STRING } sw_arg_type;

/* Whole numbers separated by commas: "1,2,4". */
enum { SW_ARG_INTS_MAX = 16 };
typedef struct sw_arg_ints {
    long values[SW_ARG_INTS_MAX];
    size_t n;
} sw_arg_ints;

typedef struct sw_arg {
    const char *name;  // long name without dashes
    const char *alias; // another spelling with its dashes, such as "-t" or "-cmoe", or NULL
    sw_arg_type type;
    void *value;             // bool *, long *, sw_arg_ints *, double * or const char **
    double min, max;         // allowed range of INT, INTS and DOUBLE when min < max
    const char *placeholder; // "N", "FILE", ...; NULL for flags
    const char *help;
} sw_arg;

typedef struct sw_args {
    const char *command;
    const char *usage;       // what follows "spillway COMMAND"
    const char *description; // one paragraph
    const sw_arg *rows;
    size_t n_rows;
    size_t min_positional, max_positional;
} sw_args;

/* Parses argv[1..argc).  Positional arguments are moved to the front of `positional` (room for max_positional);
 * *n_positional counts them.  Returns -1 to go on, or the exit code to return at once (0 after --help, 2 after a
 * usage error, which it has printed). */
int sw_args_parse(const sw_args *args, int argc, char **argv, const char **positional, size_t *n_positional);

#endif
