/* tiers.h - the tiers of the machine beside RAM, as engines find them.
 *
 * There is one such description per process.  This build has no accelerator; tests replace it by one whose memory is
 * this machine's, so that placements with two tiers run through the whole engine.
 */
#ifndef ENGINE_TIERS_H
#define ENGINE_TIERS_H

#include "model/placement.h"

typedef struct engine_tiers {
    uint64_t vram_bytes; // 0: there is no accelerator
    tier_memory vram;    // the processor of this machine reads and writes it: the CPU's backend computes there, too
    /* Bytes that computing with weights in VRAM takes there; NULL: none. */
    uint64_t (*working_bytes)(void *ud, const hparams *h, size_t n_batch);
    /* Changes what the options decided, before anything is planned; NULL: nothing does. */
    void (*place)(void *ud, const hparams *h, model_placement *placement);
    void *ud;
} engine_tiers;

/* Replaces the description; NULL restores the machine's own.  Not thread-safe: call it while no engine is opened. */
void tiers_set(const engine_tiers *tiers);
const engine_tiers *tiers_get(void);

#endif
