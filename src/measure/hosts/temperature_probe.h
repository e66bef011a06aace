/* temperature_probe.h - the sampling temperature that a server really uses, for servers that do not say it.
 *
 * Asks for one token after the same prompt some forty times, with another seed each time, and the log-probabilities
 * beside it.  Truncating filters are asked to be off.  A server that reports probabilities after the temperature, and
 * not those of the model, is found out as one that samples at 1; no server known here does.
 */
#ifndef HOSTS_TEMPERATURE_PROBE_H
#define HOSTS_TEMPERATURE_PROBE_H

#include <stdatomic.h>

#include "base/clock.h"
#include "client/target.h"
#include "hosts/temperature_draws.h"

typedef struct temperature_probe_options {
    const chat_target *target;
    const char *model;
    double temperature; // that is asked for
    int n_draws;        // 0: 40
    double time_s;      // no draw begins after that; 0: 60
    const sw_clock *clock;
    const atomic_bool *cancel; // may be NULL
} temperature_probe_options;

typedef struct temperature_probe_result {
    bool is_known; // the estimate is
    temperature_estimate estimate;
    bool agrees; // with the temperature that was asked for, within the interval
    int n_draws;
    const char *reason; // static: why it is not known; ""
} temperature_probe_result;

/* Errors: SW_ECANCELED, SW_ENOMEM; a server that answers badly is not known. */
SW_NODISCARD sw_code temperature_probe_run(temperature_probe_result *out, const temperature_probe_options *options,
                                           sw_err *err);

#endif
