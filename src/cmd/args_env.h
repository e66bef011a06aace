/* args_env.h - options from the environment: SPILLWAY_ARG_<NAME> (upper case, '-' -> '_'), and where that is not set, a
 * variable of llama-server or of shimmy for the same option of a command with a model. */
#ifndef CMD_ARGS_ENV_H
#define CMD_ARGS_ENV_H

#include "cmd/arg_list.h"
#include "spillway/error.h"

/* Sets every option that the command line did not set.  Variables of other programs that have no effect on `serve` are
 * named on standard error.  Errors: SW_EINVAL, names the variable. */
SW_NODISCARD sw_code args_env_apply(const arg_list *args, sw_err *err);

#endif
