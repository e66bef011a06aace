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
#include "forward/kv.h"
#include "gpu/device.h"
#include "model/weights.h"

typedef struct gpu_backend_options {
    const hparams *h;
    const model_weights *w; // its addresses in VRAM are the device's
    const kv_cache *kv;     // likewise
    thread_pool *pool;
    device *device;
    size_t n_batch; // tokens of a step, at most
    size_t n_seqs, n_ctx;
    bool without_graphs; // small steps, too, are given operation by operation: to compare
} gpu_backend_options;

/* Keeps the options' pointers.  Errors: SW_ENOMEM (of the device or of this machine), SW_EUNSUPPORTED (shapes that no
 * kernel has), SW_EIO (the device is lost). */
SW_NODISCARD sw_code gpu_backend_open(backend **out, const gpu_backend_options *o, sw_err *err);

/* What gpu_backend_open takes of the device: exactly. */
uint64_t gpu_backend_bytes(const hparams *h, size_t n_batch, size_t n_seqs, size_t n_ctx);

#endif
