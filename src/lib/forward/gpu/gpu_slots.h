/* gpu_slots.h - VRAM for copies of experts whose weights are in RAM, and the stream that fills it.
 *
 * Every layer has *slots*, each for one expert of it.  An upload is given to a stream of its own and goes on while
 * steps are computed; whoever asks for it must see that no step reads a slot that is overwritten.  Where the weights
 * are not pinned they go through a small pinned buffer, a part at a time, each time that is asked whether the uploads
 * are done.  So nothing here waits for the device but closing.
 */
#ifndef FORWARD_GPU_SLOTS_H
#define FORWARD_GPU_SLOTS_H

#include "forward/gpu/gpu_residents.h"

enum {
    GPU_SLOT_UPLOADS_MAX = 16,      // that are under way together
    GPU_SLOT_BOUNCE_BYTES = 1 << 20 // that are copied by this processor at a time
};

typedef struct gpu_slots gpu_slots;

typedef struct gpu_slots_options {
    const hparams *h;
    const model_weights *w; // loaded; experts in RAM are in this machine's memory
    device *device;
    bool is_pinned;             // the weights in RAM are, so that the device copies from them
    const int *n_slots;         // (n_layers)
    const uint64_t *slot_bytes; // (n_layers): of one; at least what the layer's experts take
} gpu_slots_options;

/* Takes the memory of all slots.  Errors: SW_ENOMEM, those of the device. */
SW_NODISCARD sw_code gpu_slots_open(gpu_slots **out, const gpu_slots_options *o, sw_err *err);
/* Waits for uploads that are under way.  NULL is accepted. */
void gpu_slots_close(gpu_slots *s);

/* Begins to copy an expert to a slot of its layer. */
SW_NODISCARD sw_code gpu_slots_upload(gpu_slots *s, size_t layer, int slot, int expert, sw_err *err);
/* Goes on with uploads; *is_done: all that were begun are on the device. */
SW_NODISCARD sw_code gpu_slots_poll(gpu_slots *s, bool *is_done, sw_err *err);
/* Where the matrices of a slot's expert are. */
gpu_expert_place gpu_slots_place(const gpu_slots *s, size_t layer, int slot);

/* Bytes that were copied up since it was opened. */
uint64_t gpu_slots_uploaded(const gpu_slots *s);
/* Pinned memory of this machine that it takes. */
size_t gpu_slots_pinned_bytes(bool is_pinned);

#endif
