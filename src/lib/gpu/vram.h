/* vram.h - a device's memory as a tier (model/tier.h): weights and pages are allocated in it and filled from any
 * thread.
 *
 * What is written goes through a few pinned buffers, each with a stream of its own, so that several threads that pack
 * weights keep the bus busy.  A tier's functions cannot report errors: the first one is kept, and vram_check gives it.
 */
#ifndef GPU_VRAM_H
#define GPU_VRAM_H

#include "gpu/device.h"
#include "model/tier.h"

typedef struct vram vram;

/* The device outlives it.  SW_ENOMEM, or an error of the device. */
SW_NODISCARD sw_code vram_open(device *d, vram **out, sw_err *err);
/* All blocks are freed before.  NULL is accepted. */
void vram_close(vram *v);

/* The tier's functions, over v. */
tier_memory vram_memory(vram *v);

/* SW_OK, or the first error of an allocation or a write since vram_open; any thread. */
SW_NODISCARD sw_code vram_check(vram *v, sw_err *err);

/* Bytes of pinned memory that writing takes; 0 if there was none, and copies are as slow as from any memory. */
size_t vram_pinned_bytes(const vram *v);

#endif
