/* placement_sizes.h - the bytes of what a placement decides, from the plan of a model that is all in RAM. */
#ifndef MODEL_PLACEMENT_SIZES_H
#define MODEL_PLACEMENT_SIZES_H

#include "model/placement_decide.h"
#include "model/weights.h"

/* `whole` was planned without a placement; kv_bytes (n_layers): of the keys and values of a layer.  False when memory
 * is short. */
bool placement_sizes_init(placement_sizes *s, const hparams *h, const model_weights *whole, const uint64_t *kv_bytes,
                          uint64_t working);
void placement_sizes_free(placement_sizes *s);

#endif
