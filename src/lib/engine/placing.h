/* placing.h - a placement while it is decided: how VRAM is shared between weights, experts that come for a step
 * (model_lm_stream.c) and the cache of experts. */
#ifndef ENGINE_PLACING_H
#define ENGINE_PLACING_H

#include "engine/model_lm_state.h"
#include "gguf/gguf.h"
#include "model/placement_decide.h"

/* What deciding needs, and frees. */
typedef struct placing {
    model_lm *m;
    const gguf_file *g;
    const sw_engine_options *o;
    placement_machine machine;
    placement_options options;
    model_weights whole; // the plan of the model with everything in RAM
    placement_sizes sizes;
    model_placement rules;
} placing;

/* Decides the model's placement, as requested and in effect, and beside it what else is in VRAM; all that depends on
 * the header is there.  False when memory is short. */
bool placing_decide(placing *p);

/* Writes why there is no cache of experts although one was asked for; "" if there is one, or none was asked for. */
void placing_explain_cache(const placing *p, char *out, size_t size);
/* The cache that is asked for fits beside what every token uses and what options put in VRAM.  Errors: SW_ENOMEM. */
SW_NODISCARD sw_code placing_check_cache(const placing *p, sw_err *err);

#endif
