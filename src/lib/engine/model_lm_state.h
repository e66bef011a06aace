/* model_lm_state.h - what the files of a loaded model share. */
#ifndef ENGINE_MODEL_LM_STATE_H
#define ENGINE_MODEL_LM_STATE_H

#include <stdatomic.h>

#include "base/pool.h"
#include "engine/expert_cache.h"
#include "engine/lm.h"
#include "engine/tiers.h"
#include "forward/forward.h"
#include "model/expert_mask.h"
#include "model/placement_rows.h"

/* Experts in RAM that a device computes for a step. */
typedef struct model_stream {
    uint64_t vram_bytes; // that they come to, of each device; 0: none does
    int n_tokens;        // of a step that they come for; 0: none does, or it is not measured yet
    bool is_pinned;      // the weights in RAM are, or are to be
    void *pinned;        // that are; NULL: none
} model_stream;

typedef struct model_lm {
    language_model lm; // first: the scheduler sees only this
    hparams h;
    expert_mask mask;                     // of h
    engine_tiers tiers;                   // open as long as the model
    model_placement requested, placement; // by the options, and in effect
    char placement_note[1024];            // empty: every placement option has an effect
    const char *placement_effect;         // static
    model_stream stream;
    placement_rows classes; // the table, a row per class
    model_weights w;
    thread_pool *pool;
    kv_cache kv;
    sw_kv_type kv_type;         // of kv, as the options have it
    backend *backends[N_TIERS]; // NULL: the tier has no weights
    forward f;
    cache_plan cache_plan;
    expert_cache *cache;            // NULL: none is planned, or the model is not loaded
    uint64_t process_bytes;         // resident before anything was read
    uint64_t loading_bytes;         // beside the weights, while they are read
    uint64_t buffer_bytes[N_TIERS]; // in a job with full batches
    char backend_name[16 + LIMIT_DEVICES * DEVICE_NAME_BYTES];
    sw_device_state devices[LIMIT_DEVICES]; // (n_devices): what is reported of them
    int n_devices;
    char devices_text[LIMIT_DEVICES * DEVICE_NAME_BYTES]; // their names, as --devices takes them
    char lost[SW_ERR_MSG_BYTES];                          // why the device computes no more; written before is_lost
    atomic_bool is_lost;
    double load_ms;
    bool is_loading; // not only planned
} model_lm;

enum { MODEL_LM_BATCH = 256 }; // unless the options say otherwise

/* model_lm_place.c.  Sets the placement, as requested and in effect, with its note; the sizes of m->lm are set.
 * Errors: SW_EINVAL (a rule is wrong, a strict option without effect), SW_ENOMEM (it does not fit the accelerator: says
 * what would), and those of weights_plan. */
SW_NODISCARD sw_code model_lm_place(model_lm *m, const gguf_file *g, const sw_engine_options *o, sw_err *err);

/* model_lm_stream.c.  Bytes of VRAM that streamed experts would take of a device; 0: the options, the device or the
 * model's dimensions do not have them.  `w` may be a plan. */
uint64_t model_lm_stream_bytes(const model_lm *m, const sw_engine_options *o, const model_weights *w);
/* Returns true if any routed expert is placed in RAM. */
bool model_lm_has_experts_in_ram(const model_lm *m);
/* Writes why --stream-tokens N has no effect on a model that is placed; "" if it has one, or was not given. */
void model_lm_explain_stream(const model_lm *m, const sw_engine_options *o, char *out, size_t size);
/* Pins the loaded weights in RAM; a failure is noted.  The backends are set up after it. */
void model_lm_pin_weights(model_lm *m);
void model_lm_unpin_weights(model_lm *m);
/* Decides from how many tokens on experts are streamed.  Errors: those of measuring it. */
SW_NODISCARD sw_code model_lm_start_stream(model_lm *m, const sw_engine_options *o, sw_err *err);

/* model_lm_cache.c.  An empty cache for the sequences of `lm`; each layer's is in the tier of its attention.  False
 * when memory is short. */
bool model_lm_init_cache(model_lm *m);
/* The bytes of every layer's (n_layers) in VRAM, all sequences at full length. */
void model_lm_kv_bytes_by_layer(const model_lm *m, uint64_t *out);

/* Of a backend that computes in VRAM. */
static inline tier_load model_lm_tier_load(const model_lm *m)
{
    return (tier_load){
        .h = &m->h, .n_batch = (size_t)m->lm.n_batch, .n_seqs = (size_t)m->lm.n_seqs, .n_ctx = (size_t)m->lm.n_ctx};
}

/* model_lm_facts.c.  Sets what is reported of the devices, once all else is planned. */
void model_lm_describe_devices(model_lm *m);

/* model_lm.c */
extern const lm_ops MODEL_LM_OPS;
/* Closes the backends and the forward pass; they may be set up again. */
void model_lm_take_down(model_lm *m);
/* lm_ops.close; also of a model that was not opened completely. */
void model_lm_close(language_model *lm);

#endif
