/* gpu_experts.h - the mixture-of-experts block on the device: route, compute the experts that are here, join.
 *
 * Of a layer that is on the device as a whole nothing comes down before the step ends.
 */
#ifndef FORWARD_GPU_EXPERTS_H
#define FORWARD_GPU_EXPERTS_H

#include "forward/gpu/gpu_env.h"

typedef struct gpu_experts {
    gpu_env *g;
    size_t routed;             // 1 + the layer whose choice was made here; 0: none
    const int32_t *slot;       // (pairs), on the device: of the layer's answers in rooms.own; NULL: there are none
    expert_choice *later;      // (n_layers): choices that come down when the step ends
    const token_batch **batch; // (n_layers): of them; NULL: none
} gpu_experts;

/* False when memory is short. */
bool gpu_experts_init(gpu_experts *e, gpu_env *g);
void gpu_experts_free(gpu_experts *e);

void gpu_experts_start(gpu_experts *e); // a step
void gpu_experts_route(gpu_experts *e, token_batch *b, size_t layer, const expert_choice *choice);
size_t gpu_experts_begin(gpu_experts *e, const token_batch *b, size_t layer, const expert_share *share);
void gpu_experts_finish(gpu_experts *e, const token_batch *b, size_t layer, const expert_share *share,
                        expert_answers *out);
void gpu_experts_join(gpu_experts *e, token_batch *b, size_t layer, const expert_choice *choice,
                      const expert_answers *answers);
/* The step's work is done: hands out the choices that were left. */
void gpu_experts_end(gpu_experts *e);

#endif
