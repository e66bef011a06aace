/* args_config.h - options from a configuration file: that of --config, else $XDG_CONFIG_HOME/spillway/config, or
 * ~/.config/spillway/config.
 *
 *     [serve]
 *     model-dirs = ~/models
 *
 * A section is a command, a name one of its long options.  The whole file is checked, whatever the command is.
 */
#ifndef CMD_ARGS_CONFIG_H
#define CMD_ARGS_CONFIG_H

#include "cmd/arg_list.h"
#include "spillway/error.h"

/* Sets every option that neither the command line nor the environment set.  The file is read once; its texts stay in
 * memory.  A file with a key that other users may read is named on standard error.  Errors: SW_EINVAL, names file and
 * line; those of reading; SW_ENOTFOUND only for the file of --config. */
SW_NODISCARD sw_code args_config_apply(const arg_list *args, sw_err *err);

/* The file that was read; empty: none. */
const char *args_config_path(void);

#endif
