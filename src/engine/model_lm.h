/* model_lm.h - the real language model behind lm.h: weights, KV pages and the forward pass. */
#ifndef SW_MODEL_LM_H
#define SW_MODEL_LM_H

#include "engine/lm.h"
#include "gguf/gguf.h"
#include "model/hparams.h"
#include "spillway.h"

/* Loads the weights of `g` (which must outlive the call only) and prepares caches and threads as `options` asks (its
 * zeros are resolved here).  Errors: SW_EUNSUPPORTED, SW_EFORMAT (names the tensor), SW_ENOMEM (says how much is needed
 * and which option lowers it), SW_EINVAL, SW_EIO. */
SW_NODISCARD sw_code sw_model_lm_open(sw_lm **out, const sw_gguf *g, const sw_engine_options *options, sw_err *err);

/* Fills the members of *state that the model knows (threads, context, isa, bytes, placement, load time). */
void sw_model_lm_state(const sw_lm *lm, sw_engine_state *state);

/* What the keys and values of one sequence take when n_ctx positions are full, in an engine with the default batch; 0
 * when memory is short. */
uint64_t sw_model_kv_bytes(const sw_hparams *h, sw_kv_type type, int n_ctx);

/* As sw_engine_kv_bytes_read. */
uint64_t sw_model_lm_kv_bytes_read(const sw_lm *lm, int n);

/* As sw_engine_router_counts. */
bool sw_model_lm_router_counts(const sw_lm *lm, int layer, uint64_t *counts);

#endif
