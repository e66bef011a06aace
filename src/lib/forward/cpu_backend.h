/* cpu_backend.h - the backend of this machine's processors: the blocks of this room, one after another. */
#ifndef FORWARD_CPU_BACKEND_H
#define FORWARD_CPU_BACKEND_H

#include "base/pool.h"
#include "forward/backend.h"
#include "forward/kv.h"
#include "model/weights.h"

typedef struct cpu_backend_options {
    const hparams *h;
    const model_weights *w;
    thread_pool *pool;
    const kv_cache *kv;
    size_t n_batch; // tokens of a batch, at most
} cpu_backend_options;

/* Keeps the options' pointers.  NULL when memory is short. */
backend *cpu_backend_open(const cpu_backend_options *o);

#endif
