/* gpu_share.h - the experts of a layer that are on the device. */
#ifndef FORWARD_GPU_SHARE_H
#define FORWARD_GPU_SHARE_H

#include "forward/gpu/gpu_env.h"

bool gpu_is_here(const gpu_env *g, size_t layer, int expert);

/* Uploads which experts are here and where. */
void gpu_share_upload(gpu_env *g);

/* Computes the n_own pairs of rooms.chosen whose experts are here, from the normed states x, to rooms.own.  Gives the
 * slots of all pairs, as gpu_join_args has them. */
const int32_t *gpu_share_routed(gpu_env *g, size_t layer, const gpu_rows *x, size_t n_own);
/* rooms.shared and shared_gates become what the shared experts answer. */
void gpu_share_shared(gpu_env *g, size_t layer, const gpu_rows *x);

#endif
