/* tiers.h - the tiers beside RAM that an engine computes with: the devices that its options name, or none.
 *
 * Tests may set a description instead, whose memory is this machine's, so that placements with two tiers run through
 * the whole engine on the CPU's backend.
 */
#ifndef ENGINE_TIERS_H
#define ENGINE_TIERS_H

#include "forward/gpu/gpu_slab.h"
#include "gpu/vram.h"
#include "model/device_names.h"
#include "model/placement.h"

/* Dimensions that the working memory of a backend follows from. */
typedef struct tier_load {
    const hparams *h;
    size_t n_batch, n_seqs, n_ctx;
} tier_load;

/* A device and what of its memory an engine uses. */
typedef struct engine_device {
    uint64_t vram_bytes; // that may be filled
    tier_memory vram;    // of weights, and where `pages` is zeroed of keys and values, too
    tier_memory pages;
    device *device; // NULL: the processor of this machine reads and writes `vram`, and computes there
    struct vram *memory;
    gpu_slab slab; // that pages come from
} engine_device;

typedef struct engine_tiers {
    engine_device devices[LIMIT_DEVICES]; // of the tiers from TIER_VRAM on
    int n_devices;                        // 0: there is no accelerator
    /* Bytes that computing with weights in a device's VRAM takes there; NULL: none. */
    uint64_t (*working_bytes)(void *ud, const tier_load *load);
    /* Changes what the options decided, before anything is planned; NULL: nothing does. */
    void (*place)(void *ud, const hparams *h, model_placement *placement);
    void *ud;
    char note[512]; // why a device that is there is not used; or ""
} engine_tiers;

/* Opens the devices that `names` means: "cuda:0,cuda:1", "auto" for all GPUs that can be used, "none" or NULL.  *out
 * stays where it is until it is closed.  Errors: SW_EINVAL (too many, or one twice), and those of device_open for a
 * device that is named. */
SW_NODISCARD sw_code tiers_open(engine_tiers *out, const char *names, sw_err *err);
/* All that was allocated of it is freed before. */
void tiers_close(engine_tiers *t);

/* Takes the memory of all pages; before the first one.  Nothing without a device. */
SW_NODISCARD sw_code tiers_reserve_pages(engine_device *d, uint64_t n_bytes, sw_err *err);

/* Their names, as rules use them. */
device_names tiers_names(const engine_tiers *t);

/* The device of a tier that is VRAM; NULL: there is none. */
static inline device *tiers_device(const engine_tiers *t, weight_tier tier)
{
    return tier_is_vram(tier) ? t->devices[tier_device(tier)].device : NULL;
}

/* Bytes of a device's VRAM that a backend of these dimensions takes. */
uint64_t tiers_working_bytes(const engine_tiers *t, const tier_load *load);

/* What tiers_open gives from now on, whatever is named; NULL: what is named.  Not thread-safe: call it while no engine
 * is opened. */
void tiers_set(const engine_tiers *tiers);

#endif
