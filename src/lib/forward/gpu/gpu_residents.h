/* gpu_residents.h - the experts whose weights are on the device: those that the placement put there, and copies of
 * others as long as someone keeps them there.
 *
 * The list is kept in pinned memory here and mirrored on the device, where kernels look it up: what changed between two
 * steps goes up when the next one begins.
 */
#ifndef FORWARD_GPU_RESIDENTS_H
#define FORWARD_GPU_RESIDENTS_H

#include "forward/gpu/gpu_env.h"

/* Where the matrices of an expert are: gate, up, down.  Addresses of the device. */
typedef struct gpu_expert_place {
    const void *tiles[GPU_STACKS];
    const void *bias[GPU_STACKS]; // NULL: it has none
} gpu_expert_place;

/* The matrices of a layer's experts, in the order of GPU_STACKS. */
const mat *gpu_stack(const gpu_env *g, size_t layer, size_t which);
/* Returns true if the matrices of a stack have biases. */
bool gpu_stack_has_bias(const mat *m);

/* Those that the placement put on the device. */
void gpu_residents_init(gpu_env *g);
/* An expert's weights are there from the next step on; they stay until it is cleared.  Between steps only. */
void gpu_residents_set(gpu_env *g, size_t layer, size_t expert, const gpu_expert_place *place);
void gpu_residents_clear(gpu_env *g, size_t layer, size_t expert);
bool gpu_residents_has(const gpu_env *g, size_t layer, size_t expert);

/* What changed goes up.  A step begins. */
void gpu_residents_upload(gpu_env *g);

#endif
