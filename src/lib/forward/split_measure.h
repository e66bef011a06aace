/* split_measure.h - how long experts take here and on the device, measured on the model itself. */
#ifndef FORWARD_SPLIT_MEASURE_H
#define FORWARD_SPLIT_MEASURE_H

#include "forward/forward.h"

/* Computes some experts of the first layer that has any in RAM, for one and for some tokens, here and on the device:
 * a fraction of a second.  Between steps.  Errors: those of the backends. */
SW_NODISCARD sw_code split_measure(forward *f, split_rates *out, sw_err *err);

/* Returns true if there is a layer whose experts could be divided. */
bool split_is_possible(const forward *f);

#endif
