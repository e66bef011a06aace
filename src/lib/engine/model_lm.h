/* model_lm.h - the implementation of lm.h that computes: weights, KV pages and the forward pass. */
#ifndef ENGINE_MODEL_LM_H
#define ENGINE_MODEL_LM_H

#include "engine/lm.h"
#include "gguf/gguf.h"
#include "model/hparams.h"
#include "spillway.h"

/* Loads the weights of `g` (which must outlive the call only) and prepares caches and threads by `options`, whose zeros
 * are resolved here.  Errors: SW_EUNSUPPORTED, SW_EFORMAT (names the tensor), SW_ENOMEM (says how much is needed
 * and which option lowers it), SW_EINVAL, SW_EIO. */
SW_NODISCARD sw_code model_lm_open(language_model **out, const gguf_file *g, const sw_engine_options *options,
                                   sw_err *err);

/* The same without reading weights or asking whether they fit: the result can be closed, and asked by the functions
 * below. */
SW_NODISCARD sw_code model_lm_plan(language_model **out, const gguf_file *g, const sw_engine_options *options,
                                   sw_err *err);

/* Sets *state to what the model knows (threads, context, isa, bytes, placement, load time), and the rest to zero. */
void model_lm_state(const language_model *lm, sw_engine_state *state);

/* As sw_engine_state.device_lost; any thread. */
const char *model_lm_device_lost(const language_model *lm);

/* As sw_engine_placement. */
SW_NODISCARD sw_code model_lm_placement(const language_model *lm, sw_placement_detail detail,
                                        sw_placement_row **rows_out, size_t *n_out, sw_err *err);

/* As sw_engine_expert_cache. */
SW_NODISCARD sw_code model_lm_expert_cache(const language_model *lm, sw_expert_cache **out, sw_err *err);

/* What the keys and values of one sequence take when n_ctx positions are full, in an engine with the default batch; 0
 * when memory is short. */
uint64_t model_lm_kv_bytes_of(const hparams *h, sw_kv_type type, int n_ctx);

/* Sets what was given as graphs so far; any thread. */
void model_lm_graphs(const language_model *lm, sw_engine_state *state);
/* Sets what was streamed so far; any thread. */
void model_lm_streamed(const language_model *lm, sw_engine_state *state);
/* As sw_engine_kv_bytes_read. */
uint64_t model_lm_kv_bytes_read(const language_model *lm, int n);

#endif
