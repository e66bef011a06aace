/* gpu_visitors.h - experts whose weights are in RAM, and come to the device to be computed in one step.
 *
 * Matrices come one by one through a ring of slots in device memory, over a stream of their own: while the device
 * multiplies with one, the next ones are copied.  Nothing is waited for here unless the weights are not pinned: then
 * they pass through a pinned buffer per slot, which the threads of the pool fill.
 */
#ifndef FORWARD_GPU_VISITORS_H
#define FORWARD_GPU_VISITORS_H

#include "forward/backend.h"
#include "forward/gpu/gpu_env.h"

enum { GPU_SLOTS = 6, GPU_SLOT_BYTES_MAX = 128 << 20, GPU_VISITOR_BYTES_MAX = 256 << 20 };

/* Room for one matrix with its bias. */
typedef struct gpu_slot {
    uint8_t *at;
    uint8_t *buffer;              // pinned memory of this machine; NULL: copies are from the weights themselves
    device_event *filled, *freed; // what was copied is there; what was computed with it is done
} gpu_slot;

typedef struct gpu_visitors {
    gpu_env *g;
    device_stream *copies;
    gpu_slot slots[GPU_SLOTS];
    size_t n_slots, slot_bytes, next;
    void *room, *pinned;
    size_t n_pinned;      // bytes
    backend_streamed now; // in this step
} gpu_visitors;

/* Bytes of device memory; 0: the model has no experts, or their matrices are too large.  `w` may be a plan. */
uint64_t gpu_visitors_bytes(const hparams *h, const model_weights *w);

/* is_pinned: the weights in RAM are.  Errors: those of device memory; pinned memory may be short, which costs time.
 * *v is to be closed in any case. */
SW_NODISCARD sw_code gpu_visitors_open(gpu_visitors *v, gpu_env *g, bool is_pinned, sw_err *err);
void gpu_visitors_close(gpu_visitors *v);

/* One matrix of an expert comes: addresses for the products that the stream of computing is given next, before
 * gpu_visitors_leave. */
mat_place gpu_visitors_bring(gpu_visitors *v, size_t layer, size_t which, size_t expert);
void gpu_visitors_leave(gpu_visitors *v);

/* A step begins. */
void gpu_visitors_begin(gpu_visitors *v);
/* It ends, whatever became of it: no copy is under way any more.  Gives what came. */
backend_streamed gpu_visitors_end(gpu_visitors *v);

#endif
