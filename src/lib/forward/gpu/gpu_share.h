/* gpu_share.h - the experts of a layer that the device computes. */
#ifndef FORWARD_GPU_SHARE_H
#define FORWARD_GPU_SHARE_H

#include "forward/gpu/gpu_env.h"

/* Computes the n_own pairs of rooms.chosen that the share has, from the normed states x, to rooms.own.  Gives the
 * slots of all pairs, as gpu_join_args has them. */
const int32_t *gpu_share_routed(gpu_env *g, size_t layer, const gpu_rows *x, const expert_share *share, size_t n_own);
/* rooms.shared and shared_gates become what the shared experts answer. */
void gpu_share_shared(gpu_env *g, size_t layer, const gpu_rows *x);

#endif
