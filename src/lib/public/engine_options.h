/* engine_options.h - what every function that takes the options of an engine checks first. */
#ifndef PUBLIC_ENGINE_OPTIONS_H
#define PUBLIC_ENGINE_OPTIONS_H

#include "spillway.h"

/* Errors: SW_EINVAL, names the option. */
SW_NODISCARD sw_code engine_options_check(const sw_engine_options *options, sw_err *err);

#endif
