/* tiers_check.h - a device is tried with what the model needs before anything is put on it (gpu/device_check.h). */
#ifndef ENGINE_TIERS_CHECK_H
#define ENGINE_TIERS_CHECK_H

#include "engine/tiers.h"
#include "gguf/gguf.h"
#include "spillway.h"

/* Tries the devices of *t, if the options want it.  If one does not compute as this processor does, all are closed,
 * with a note, if the options only said "auto"; otherwise that is the error: SW_EUNSUPPORTED, SW_ENOMEM, SW_EIO. */
SW_NODISCARD sw_code tiers_check(engine_tiers *t, const gguf_file *g, const sw_engine_options *o, sw_err *err);

#endif
