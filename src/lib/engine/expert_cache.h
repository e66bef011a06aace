/* expert_cache.h - the cache of experts: VRAM that is left holds copies of those that are used most, and what it holds
 * changes while streams run.  No answer changes: whoever computes an expert gives the same bits.
 *
 * RAM keeps every expert that the placement put there.  The rule is base/expert_policy.h, the bytes are
 * forward/gpu/gpu_slots.h, and cache_watch.h decides whether it pays.  After a step
 *   - experts whose upload is done are computed on the device from the next step on;
 *   - if no upload is under way the rule may ask for some: what makes room is computed in RAM from the next step on,
 * and its slot is overwritten, which no step reads any more, since steps end when the device is done. Nothing here
 * waits for the device but closing.
 *
 * The engine's thread calls it; expert_cache_read may be called by any thread.
 */
#ifndef ENGINE_EXPERT_CACHE_H
#define ENGINE_EXPERT_CACHE_H

#include "base/clock.h"
#include "engine/cache_plan.h"
#include "forward/forward.h"
#include "gpu/device.h"

typedef struct expert_cache expert_cache;

typedef struct expert_cache_options {
    const cache_plan *plan; // with slots
    const hparams *h;
    const model_weights *w;
    device *device;
    bool is_pinned;   // the weights in RAM are
    backend *backend; // of the device
    forward *f;       // is told who computes
    const sw_clock *clock;
    bool is_watched;        // else it is taken to pay: times of an emulated device say nothing
    sw_notice_fn on_notice; // or NULL
    void *ud;
} expert_cache_options;

/* Keeps the options' pointers.  Errors: SW_ENOMEM, those of the device. */
SW_NODISCARD sw_code expert_cache_open(expert_cache **out, const expert_cache_options *o, sw_err *err);
/* Before the forward pass and the backend are closed.  NULL is accepted. */
void expert_cache_close(expert_cache *c);

/* A step begins; and it ended well, with forward_chosen. */
void expert_cache_begin(expert_cache *c);
void expert_cache_end(expert_cache *c, const batch_token *tokens, size_t n);

/* Bytes of this machine's memory that it takes. */
size_t expert_cache_ram_bytes(const cache_plan *plan, const hparams *h, bool is_pinned);

/* As sw_engine_expert_cache; NULL when memory is short. */
sw_expert_cache *expert_cache_read(expert_cache *c);

#endif
