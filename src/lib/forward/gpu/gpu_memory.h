/* gpu_memory.h - a device's memory as a tier: weights are uploaded by many threads, pages come from one slab. */
#ifndef FORWARD_GPU_MEMORY_H
#define FORWARD_GPU_MEMORY_H

#include "gpu/device.h"
#include "model/tier.h"

typedef struct gpu_memory gpu_memory;

/* Keeps `d`. */
SW_NODISCARD sw_code gpu_memory_open(device *d, gpu_memory **out, sw_err *err);
/* All that was allocated of it is freed before.  NULL is accepted. */
void gpu_memory_close(gpu_memory *m);

/* Memory for weights: a block each. */
tier_memory gpu_memory_weights(gpu_memory *m);

/* Memory for pages of keys and values, until it is closed: what is freed is not given again, which suits the cache. */
tier_memory gpu_memory_pages(gpu_memory *m);
/* Takes the slab that all pages come from; before the first page. */
SW_NODISCARD sw_code gpu_memory_reserve_pages(gpu_memory *m, size_t n_bytes, sw_err *err);

/* The first failure of an allocation or upload. */
SW_NODISCARD sw_code gpu_memory_check(gpu_memory *m, sw_err *err);

#endif
