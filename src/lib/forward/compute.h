/* compute.h - what the blocks of the CPU backend compute with: a model, its cache, kernels, threads and memory.
 *
 * A block is set up once with it and keeps the pointer.  Blocks run one after another, never side by side, so they
 * share the room for quantized activations: the next block overwrites what one block left there.
 */
#ifndef FORWARD_COMPUTE_H
#define FORWARD_COMPUTE_H

#include "base/pool.h"
#include "forward/batch.h"
#include "forward/kv.h"
#include "forward/scratch.h"
#include "kernels/codes.h"
#include "model/weights.h"

typedef struct compute_env {
    const hparams *h;
    const model_weights *w;
    const kernels *k;
    thread_pool *pool;
    const kv_cache *kv;
    size_t n_batch; // tokens of a batch, at most
    scratch *memory;
    code_rows codes; // (n_codes): of the activations that the next product reads
    size_t n_codes, n_fine;
} compute_env;

#endif
