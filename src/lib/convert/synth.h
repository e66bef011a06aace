/* synth.h - models with random, well-behaved weights at true dimensions, so that speed can be measured where real
 * weights are not at hand. */
#ifndef CONVERT_SYNTH_H
#define CONVERT_SYNTH_H

#include "convert/presets.h"
#include "spillway.h"

/* As sw_synth of the public header. */
SW_NODISCARD sw_code synth_write(const preset *p, uint64_t seed, const char *path, sw_progress_fn on_progress, void *ud,
                                 sw_err *err);

#endif
