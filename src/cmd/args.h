/* args.h - declarative command-line options.
 *
 * A command describes its options as rows.  args_parse fills the variables that the rows point to, accepts
 * `--name value`, `--name=value`, `-n value` and `--flag=off`, prints the help, and reports an error in one sentence,
 * with the option that was probably meant.  The command line beats the environment (args_env.h), which beats the
 * configuration file (args_config.h).  Man pages and completions are made from the same rows (arg_visit.h).
 */
#ifndef CMD_ARGS_H
#define CMD_ARGS_H

#include <stddef.h>

#include "cmd/arg_list.h"
#include "spillway/error.h"

/* Parses argv[1..argc).  Writes the positional arguments to `positional` (room for max_positional) and their number to
 * *n_positional; strings stay in argv, the environment or here.  Returns -1 to go on, or the exit code to return at
 * once (0 after --help and --print-config, 2 after a usage error, which it has printed). */
int args_parse(const arg_list *args, int argc, char **argv, const char **positional, size_t *n_positional);

/* Sets one value by the name of its row, without dashes; flags take "on" and "off".  Errors: SW_EINVAL, names what is
 * possible. */
SW_NODISCARD sw_code args_set(const arg_row *rows, size_t n_rows, const char *name, const char *text, sw_err *err);

/* The folders in which names of models are looked up, as args_parse left them; NULL: the default ones. */
const char *args_model_dirs(void);

#endif
