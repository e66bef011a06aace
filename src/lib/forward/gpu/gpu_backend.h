/* gpu_backend.h - the backend of a GPU: the operations of forward/backend.h over gpu/device.h.
 *
 * All work goes to one stream in the order of the layers, and is waited for only where the forward pass needs results
 * here: where another backend has experts of a layer, and at the end of a step.  Small steps are given as graphs where
 * their work comes again (gpu/segments.h).
 */
#ifndef FORWARD_GPU_BACKEND_H
#define FORWARD_GPU_BACKEND_H

#include "base/pool.h"
#include "forward/backend.h"
#include "forward/gpu/gpu_residents.h"

typedef struct gpu_backend_options {
    const hparams *h;
    const model_weights *w; // its addresses in VRAM are the device's
    const kv_cache *kv;     // likewise
    thread_pool *pool;
    device *device;
    weight_tier tier; // whose weights it computes with
    size_t n_batch;   // tokens of a step, at most
    size_t n_seqs, n_ctx;
    bool has_visitors;   // it computes experts whose weights are in RAM, too (gpu_visitors.h)
    bool is_pinned;      // these weights are
    bool without_graphs; // small steps, too, are given operation by operation: to compare
} gpu_backend_options;

/* Keeps the options' pointers.  Errors: SW_ENOMEM (of the device or of this machine), SW_EUNSUPPORTED (shapes that no
 * kernel has), SW_EIO (the device is lost). */
SW_NODISCARD sw_code gpu_backend_open(backend **out, const gpu_backend_options *o, sw_err *err);

/* What gpu_backend_open takes of the device, exactly; with visitors gpu_visitors_bytes more. */
uint64_t gpu_backend_bytes(const hparams *h, size_t n_batch, size_t n_seqs, size_t n_ctx);

/* The device has a copy of an expert's weights from the next step on, until it is NULL again.  Between steps only.  The
 * forward pass is to be told who computes the expert then (forward_set_expert). */
void gpu_backend_set_expert(backend *be, size_t layer, size_t expert, const gpu_expert_place *place);

#endif
