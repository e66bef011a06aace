/* spillway.h - the public interface of libspillway.
 *
 * Two nouns carry it.  An *engine* is one loaded model with the threads that compute it; it is shared, and its weights
 * never change.  A *job* is one generation: it is submitted, delivers events on the engine's thread, can be canceled at
 * any time, and ends with exactly one SW_EVENT_DONE or SW_EVENT_ERROR.
 *
 * Conventions.  A function that can fail returns an sw_code and fills an sw_err (spillway/error.h); its out-parameters
 * are then NULL, 0 or unchanged.  What a function named open or create gives is released by the close, free or release
 * of the same noun; all of these accept NULL.  Strings and arrays that a caller passes are copied or used during the
 * call only, unless it says otherwise.  Zero in a member of an options struct or a request means its default, unless
 * the member is required. `ud` is passed to a callback unchanged.  Unless it says otherwise, one object may be used by
 * one thread at a time, and different objects by different threads.
 *
 * Sections: model files, making model files, tokenizer, engine, placement, experts, measuring, generation, limits.
 */
#ifndef SPILLWAY_H
#define SPILLWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spillway/clock.h"
#include "spillway/error.h"

#define SPILLWAY_VERSION "0.1.0"

/* ---- model files ------------------------------------------------------------------------------------------- */

/* What a tensor is for, and so where its bytes belong when experts are kept out of VRAM. */
typedef enum sw_tensor_class {
    SW_CLASS_EXPERTS,   // routed experts
    SW_CLASS_ATTENTION, // attention, norms and routers
    SW_CLASS_FFN,       // shared experts and dense feed-forward
    SW_CLASS_EMBEDDING, // token embedding; it is the output head, too, where a file has no other
    SW_CLASS_OUTPUT,    // output head and its norm
    SW_CLASS_OTHER,     // tensors that this build does not use
    SW_N_CLASSES
} sw_tensor_class;

/* "experts", "attention", ...; a static string. */
const char *sw_tensor_class_name(sw_tensor_class c);

typedef struct sw_tensor_info {
    const char *name;  // belongs to the sw_model_file
    const char *type;  // "Q4_K", ...
    uint64_t shape[4]; // elements; shape[0] is the contiguous dimension, missing dimensions are 1
    int n_dims;
    uint64_t bytes; // in the file
    sw_tensor_class cls;
} sw_tensor_info;

/* Facts of a model file, read from its header alone.  Strings belong to the sw_model_file or engine; compat_difference
 * and those of the chat format are static. */
typedef struct sw_model_info {
    const char *name;                 // general.name, or the file's name without ".gguf"
    const char *path;                 // as given
    const char *arch;                 // "gpt-oss", ...
    const char *quant;                // the type with the most bytes, "MXFP4", ...
    const char *tokenizer;            // "gpt2/gpt-4o", ...
    const char *compat_difference;    // what llama.cpp computes differently, "layer norms and ..."; NULL: nothing known
    const char *chat_format;          // "harmony", ... ; "plain" if the file has no known template
    const char *chat_note;            // NULL, or a warning: conversations are not written as the model learned them
    uint64_t file_bytes;              // of all files of a split model
    int64_t mtime;                    // seconds since 1970
    uint64_t n_params;                // all weights
    uint64_t n_params_active;         // weights that one token uses
    uint64_t bytes_per_token;         // of the weights that are read to generate one token
    uint64_t multiply_adds_per_token; // in the matrices of all layers; a token with logits takes n_embd * n_vocab more
    uint64_t bytes_by_class[SW_N_CLASSES];
    int n_layers;
    int n_embd;           // width of the hidden state
    int n_vocab;          // rows of the output head
    int n_ctx_train;      // positions that the model was trained for
    int n_experts;        // routed experts per layer; 0: a dense model
    int n_experts_used;   // of them, per token
    int n_experts_shared; // used by every token, in addition
    size_t n_tensors;
} sw_model_info;

typedef struct sw_model_file sw_model_file;

/* Opens a GGUF file (or any file of a split model) and checks its header; no weights are read.  Errors: SW_ENOTFOUND,
 * SW_EIO, SW_EFORMAT, SW_ELIMIT, SW_EUNSUPPORTED (an architecture that this build does not run; the message lists those
 * it does), SW_ENOMEM. */
SW_NODISCARD sw_code sw_model_file_open(sw_model_file **out, const char *path, sw_err *err);
void sw_model_file_close(sw_model_file *file);
/* Belongs to the file. */
const sw_model_info *sw_model_file_info(const sw_model_file *file);
/* Tensor number i < info->n_tensors, in the order of the file. */
sw_tensor_info sw_model_file_tensor(const sw_model_file *file, size_t i);

/* The format of cached keys and values: 16 or 32 bits per element, or 8.5 (groups of 32 codes with an F16 scale). */
typedef enum sw_kv_type { SW_KV_F16 = 0, SW_KV_F32, SW_KV_Q8_0 } sw_kv_type;

/* "f16", "f32", "q8_0"; a static string. */
const char *sw_kv_type_name(sw_kv_type type);

enum { SW_DEFAULT_CTX = 8192 }; // tokens of a sequence by default, if the model allows as many

/* Bytes of the keys and values of one sequence that fills a context of n_ctx tokens, 1 .. CTX_TOKENS of sw_limits.  0
 * if memory is short. */
uint64_t sw_model_file_kv_bytes(const sw_model_file *file, sw_kv_type type, int n_ctx);

/* ---- making model files ------------------------------------------------------------------------------------- */

/* Progress of long work, called on the thread that does it. */
typedef void (*sw_progress_fn)(void *ud, uint64_t bytes_done, uint64_t bytes_total);

typedef struct sw_synth_options {
    const char *preset;         // required: "gpt-oss-20b", ...; the error about an unknown name lists all
    int n_layers;               // 0: the preset's
    int n_vocab;                // 0: the preset's
    uint64_t seed;              // the same seed gives the same file
    sw_progress_fn on_progress; // or NULL
    void *ud;
} sw_synth_options;

/* Writes a model with random, well-behaved weights and the dimensions of a known model, for measuring speed.  Errors:
 * SW_EINVAL, SW_EIO, SW_ENOMEM.  On failure no file is left, and an older one under `path` is unchanged. */
SW_NODISCARD sw_code sw_synth(const sw_synth_options *options, const char *path, sw_err *err);

/* What a conversion changed.  A loss is the root of the mean square of the errors, as a share of that of the weights:
 * 0.01 says that a weight is off by 1 % of a typical one.  Only weights whose type changed count; 0: there are none. */
typedef struct sw_quantize_summary {
    uint64_t bytes_in, bytes_out; // of the files
    double loss;                  // of all these weights
    double loss_by_class[SW_N_CLASSES];
} sw_quantize_summary;

typedef struct sw_quantize_options {
    const char *type;           // required: "Q4_K", ..., of all matrices without a type of their own below
    const char *experts;        // of routed experts; NULL: as `type`
    const char *attention;      // of attention matrices; NULL: as `type`
    const char *embedding;      // of the token embedding and the output head; NULL: as `type`
    int n_threads;              // 0: one per core that this process may use
    sw_progress_fn on_progress; // or NULL
    void *ud;
    sw_quantize_summary *summary; // filled on success; or NULL
} sw_quantize_options;

/* Rewrites a model with other weight types.  Norms, biases and routers keep their type; rows whose length the blocks of
 * a type do not divide get a type that fits.  An older file under `out_path` is replaced, unless it is a file of the
 * model that is read.  Errors: SW_EINVAL (names the option, or `out_path` is a file of the model), SW_EUNSUPPORTED (a
 * type that cannot be read), those of opening a model, SW_EIO.  On failure no file is left, and an older one under
 * `out_path` is unchanged. */
SW_NODISCARD sw_code sw_quantize(const char *in_path, const char *out_path, const sw_quantize_options *options,
                                 sw_err *err);

/* ---- tokenizer --------------------------------------------------------------------------------------------- */

/* A vocabulary without a model.  It never changes: any thread may use it. */
typedef struct sw_tokenizer sw_tokenizer;

/* Reads only the vocabulary of a GGUF file; "stub:" gives the stub engine's.  Errors: those of opening a model. */
SW_NODISCARD sw_code sw_tokenizer_open(sw_tokenizer **out, const char *path, sw_err *err);
void sw_tokenizer_close(sw_tokenizer *tok);
int sw_tokenizer_n_vocab(const sw_tokenizer *tok);

typedef struct sw_encode_options {
    bool add_special;   // prepend BOS and append EOS where the file says so
    bool parse_special; // texts of control tokens become those tokens; never set it for text from outside
} sw_encode_options;

/* Text to ids.  `text` need not be valid UTF-8 or NUL-terminated; `options` may be NULL.  *ids_out is never NULL on
 * success; free it with sw_tokens_free.  Errors: SW_ELIMIT (too many bytes), SW_ENOMEM. */
SW_NODISCARD sw_code sw_tokenizer_encode(const sw_tokenizer *tok, const char *text, size_t n_bytes,
                                         const sw_encode_options *options, int32_t **ids_out, size_t *n_out,
                                         sw_err *err);
/* Ids to the bytes of the whole text, NUL-terminated, though the text itself may contain NULs.  Ids out of range are
 * skipped; control tokens have a text only with render_special.  Free *text_out with sw_text_free.  Errors: SW_ELIMIT
 * (too many bytes), SW_ENOMEM. */
SW_NODISCARD sw_code sw_tokenizer_decode(const sw_tokenizer *tok, const int32_t *ids, size_t n, bool render_special,
                                         char **text_out, size_t *n_bytes_out, sw_err *err);
/* The bytes of one token, which belong to `tok` and are not NUL-terminated; not always whole characters.  Control
 * tokens are spelled out.  An id out of range has none. */
const char *sw_tokenizer_piece(const sw_tokenizer *tok, int32_t id, size_t *n_bytes_out);
/* Both accept NULL. */
void sw_tokens_free(int32_t *ids);
void sw_text_free(char *text);

/* ---- engine ------------------------------------------------------------------------------------------------ */

/* Any thread may call the functions of an engine, except sw_engine_close. */
typedef struct sw_engine sw_engine;

/* The implementation to match where llama.cpp and the model's original code compute different results. */
typedef enum sw_compat { SW_COMPAT_ORIGINAL = 0, SW_COMPAT_LLAMA_CPP } sw_compat;

/* Receives a line for a log: something that happened while the engine worked.  On the engine's thread. */
typedef void (*sw_notice_fn)(void *ud, const char *text);

/* In sw_engine_options.expert_cache_bytes. */
#define SW_EXPERT_CACHE_OFF INT64_C(-1)
#define SW_EXPERT_CACHE_ALL INT64_MAX

/* Whether a device must compute some operations with the CPU's bits before it is used. */
typedef enum sw_device_check {
    SW_DEVICE_CHECK_AUTO = 0, // a GPU must, an emulated one need not
    SW_DEVICE_CHECK_ON,
    SW_DEVICE_CHECK_OFF
} sw_device_check;

typedef struct sw_engine_options {
    int n_threads; // compute threads; 0: one per core that this process may use
    int n_ctx;     // tokens a sequence may hold; 0: the model's own context, at most SW_DEFAULT_CTX
    int n_seqs;    // sequences that are decoded together; 0: 4
    int n_batch;   // prompt tokens that are evaluated at once, at most; 0: 256
    sw_kv_type kv_type;
    sw_compat compat;
    const char *date;          // "YYYY-MM-DD", for chat formats that include a date; NULL: today by `clock`
    bool cpu_moe;              // experts of every layer stay in RAM
    int n_cpu_moe;             // experts of the first N layers stay in RAM (not together with cpu_moe)
    int n_gpu_layers;          // only the last N layers are in VRAM; 0: all that can be, -1: none
    uint64_t vram_bytes;       // of weights, cache and working memory, at most, on each GPU; 0: what is free
    const uint64_t *vram_list; // (n_vram), in place of that: of each GPU, in the order of `devices`; or NULL
    int n_vram;
    const char *override_tensors; // "REGEX=DEVICE,...": where tensors are, whatever the above says; or NULL
    int stream_tokens;   // steps of at least N tokens bring experts from RAM to a GPU; 0: N is measured, -1: none do
    const char *devices; // "cuda:0,cuda:1"; "auto": all GPUs that can be used; "none" or NULL: no GPU
    sw_device_check
        device_check; // a device that computes wrongly is not used: by "auto" with a note, else SW_EUNSUPPORTED
    /* How often a token uses each expert, (heat_layers, heat_experts): the most used ones come to VRAM first.  Layers
     * are those with experts.  NULL: as if all were used alike. */
    const double *expert_heat;
    int heat_layers, heat_experts;
    /* VRAM for copies of experts that are in RAM, those that are used most (see sw_expert_cache).  0: half of what
     * would be filled with experts if not all fit and no option says where they are; SW_EXPERT_CACHE_ALL: all that is
     * left. */
    int64_t expert_cache_bytes;
    const char *mask_experts; // "LAYER:EXPERT,...", * for every layer: no token uses these experts; or NULL
    bool is_strict;           // a placement option without effect is SW_EINVAL, not a note
    int expert_trace; // rows that the trace of chosen experts keeps, 1 .. EXPERT_TRACE_ROWS of sw_limits; 0: none
    double stub_tokens_per_s; // stub engine only: steps per second; 0: no pause
    const sw_clock *clock;    // NULL: the system's; must outlive the engine
    sw_progress_fn on_load;   // on the opening thread; or NULL
    sw_notice_fn on_notice;   // or NULL
    void *ud;
} sw_engine_options;

/* Loads a model and starts its threads.  `path` is a GGUF file, or "stub:" for an engine that computes nothing and
 * answers deterministic words, for tests of programs above it.  `options` may be NULL.  Errors: SW_EINVAL (names the
 * option), those of opening a model, SW_ENOMEM (weights or context do not fit; the message has the figures). */
SW_NODISCARD sw_code sw_engine_open(sw_engine **out, const char *path, const sw_engine_options *options, sw_err *err);
/* Cancels every job, waits for its last event, ends the threads and frees everything. */
void sw_engine_close(sw_engine *engine);

/* Belongs to the engine. */
const sw_model_info *sw_engine_info(const sw_engine *engine);

/* The engine's vocabulary; belongs to the engine. */
const sw_tokenizer *sw_engine_tokenizer(const sw_engine *engine);

/* A memory with a processor beside it. */
typedef enum sw_tier { SW_TIER_RAM, SW_TIER_VRAM, SW_N_TIERS } sw_tier;

/* "ram", "vram"; a static string. */
const char *sw_tier_name(sw_tier tier);

/* What one row of the table stands for: a class in the whole model, in one layer, or the same with rows of experts. */
typedef enum sw_placement_detail {
    SW_PLACEMENT_CLASSES,
    SW_PLACEMENT_LAYERS,
    SW_PLACEMENT_EXPERTS
} sw_placement_detail;

/* Weights that are alike: of one class, requested in one tier and being in one. */
typedef struct sw_placement_row {
    sw_tensor_class cls;
    int layer;         // -1: of all layers; with detail, of none
    int expert;        // the first of n_experts neighbours of a layer that are alike; -1: not one by one
    int n_experts;     // 0: not one by one
    sw_tier requested; // by the options
    sw_tier effective; // where the bytes are; in a plan, where they will be
    int device;        // in whose VRAM: its place in sw_engine_options.devices; -1: in RAM
    uint64_t bytes;    // in memory
} sw_placement_row;

/* What an engine uses of a GPU. */
typedef struct sw_device_state {
    const char *name, *model; // "cuda:0", "NVIDIA H200"
    bool is_emulated;
    uint64_t bytes;        // of its memory, that may be filled
    uint64_t weight_bytes; // of these, allocated
    uint64_t expert_bytes; // the experts' share of them
    uint64_t kv_bytes;     // of all sequences, if each fills its context
    uint64_t buffer_bytes; // working memory
    uint64_t cache_bytes;  // of copies of experts
} sw_device_state;

/* One expert of a layer. */
typedef struct sw_expert_id {
    int layer, expert;
} sw_expert_id;

/* What an open engine occupies and uses; what it points to belongs to the engine.  Constant after open, except the
 * last fifteen members. */
typedef struct sw_engine_state {
    int n_threads, n_ctx, n_seqs, n_batch; // as in effect
    sw_kv_type kv_type;
    const char *isa;                // kernels in use: "scalar", "avx2", ...
    const char *backend;            // "cpu", "cpu+cuda:0": what has weights to compute with
    const sw_device_state *devices; // (n_devices): as the options name them
    int n_devices;
    const char *device;        // their names, separated by commas; NULL: there is none
    const char *device_model;  // of the first
    uint64_t device_bytes;     // of all, that may be filled
    bool is_emulated;          // one of them is this processor: times say nothing
    uint64_t weight_bytes_ram; // allocated
    uint64_t weight_bytes_vram;
    uint64_t expert_bytes_ram;       // the experts' share of weight_bytes_ram
    uint64_t kv_bytes_per_token;     // in a sequence that fills its context; in a shorter one a token can take more
    uint64_t kv_bytes_max;           // of all sequences, if each fills its context
    uint64_t kv_bytes_vram;          // of kv_bytes_max
    uint64_t buffer_bytes;           // working memory of one job with full batches, in RAM
    uint64_t buffer_bytes_vram;      // and in VRAM
    uint64_t expert_cache_bytes;     // of VRAM for copies of experts; their weights are in weight_bytes_ram, too
    int expert_cache_slots;          // experts that it holds
    uint64_t loading_bytes;          // taken beside the weights while these are read
    uint64_t process_bytes;          // without all that: program, header, vocabulary, earlier engines
    uint64_t ram_bytes_max;          // the most that the process takes with this engine, by all members above
    int stream_tokens;               // steps of so many tokens stream experts; 0: none do, or it is not measured yet
    uint64_t stream_bytes_vram;      // of buffer_bytes_vram, where streamed experts are
    bool stream_is_pinned;           // they come from pinned memory
    const sw_placement_row *weights; // (n_weights): where they are, a row per class and pair of tiers
    size_t n_weights;
    const sw_expert_id *masked; // (n_masked): experts that no token uses, by layer (mask_experts)
    size_t n_masked;
    const char *placement_effect; // of placement options: "default" (there are none), "full", "none"
    const char *placement_note;   // NULL, or which placement option has no effect, and why
    const char *chat_note;        // as in sw_model_info
    const char *compat_note; // NULL, or a sentence: whom the answers follow where llama.cpp and the original differ
    double load_ms;
    const char *device_lost; // NULL, or why its device computes no more: from then on every job fails with SW_EIO
    int n_jobs_running, n_jobs_waiting; // as of the last step
    uint64_t kv_tokens_used;            // evaluated tokens in the cache, including those of jobs that have ended
    /* Since the engine was opened: steps that evaluated prompts, and steps that generated (a step may do both), with
     * the tokens that they evaluated for that. */
    uint64_t n_prompt_steps, n_prompt_step_tokens, n_generation_steps, n_generation_step_tokens;
    uint64_t n_stream_steps, n_stream_experts, n_stream_bytes; // likewise: steps that streamed experts, and what
    /* Likewise: pieces of small steps that GPUs were given as a graph that was there, as one that was recorded for it,
     * and operation by operation. */
    uint64_t n_segments_replayed, n_segments_captured, n_segments_direct;
    const char *graph_note; // NULL, or why a GPU records none any more
} sw_engine_state;

sw_engine_state sw_engine_get_state(sw_engine *engine);

/* One of the engine's sequences. */
typedef struct sw_slot {
    bool is_running; // it has a job
    int n_evaluated; // tokens that it holds the keys and values of; of an idle one, those of its last job
    int n_prompt;    // of the running job's prompt; 0: idle
    int n_generated; // tokens that the running job sampled; 0: idle
} sw_slot;

/* Copies the state of the first n_max sequences, as of the last step, and returns how many those are: n_seqs at most.
 */
size_t sw_engine_slots(sw_engine *engine, sw_slot *slots, size_t n_max);

/* Bytes of keys and values that generating the n-th token of a sequence reads; of windowed layers only the window
 * counts.  0 for the stub. */
uint64_t sw_engine_kv_bytes_read(const sw_engine *engine, int n);

/* ---- placement ---------------------------------------------------------------------------------------------- */

/* The table of a loaded model, from the addresses of its weights: *n_out rows, those of no layer first, then layer by
 * layer, none without bytes; at most one row per expert.  The stub has no rows.  Free *rows_out with sw_placement_free.
 * Error: SW_ENOMEM. */
SW_NODISCARD sw_code sw_engine_placement(const sw_engine *engine, sw_placement_detail detail,
                                         sw_placement_row **rows_out, size_t *n_out, sw_err *err);
/* NULL is accepted. */
void sw_placement_free(sw_placement_row *rows);

/* What an engine would report that was opened now, without reading weights. */
typedef struct sw_plan sw_plan;

/* Plans an engine with these options (NULL: the defaults), which may need more memory than there is.  Errors: those of
 * sw_engine_open but for short memory. */
SW_NODISCARD sw_code sw_plan_create(sw_plan **out, const sw_model_file *file, const sw_engine_options *options,
                                    sw_err *err);
void sw_plan_free(sw_plan *plan);
/* Its figures; load_ms is 0.  process_bytes are those of this process. */
sw_engine_state sw_plan_state(const sw_plan *plan);
/* Its table, as of sw_engine_placement. */
SW_NODISCARD sw_code sw_plan_placement(const sw_plan *plan, sw_placement_detail detail, sw_placement_row **rows_out,
                                       size_t *n_out, sw_err *err);

/* ---- experts ------------------------------------------------------------------------------------------------ */

/* What routers chose for a number of tokens.  Row i of the arrays is layer first_layer + i: layers without a router
 * come first.  Models without experts have no rows. */
typedef struct sw_expert_use {
    int first_layer, n_layers; // n_layers: those with a router
    int n_experts, n_used;     // of a layer; chosen per token
    uint64_t since_ns;         // when counting began, on the engine's clock; of a job's: 0
    uint64_t n_tokens;         // evaluated; each row of counts adds up to n_tokens * n_used
    uint64_t n_followers;      // of them, those whose predecessor's choice is known: the token before in the sequence
    uint64_t *counts;          // (n_layers, n_experts)
    uint64_t *n_switched;      // (n_layers): experts of followers that their predecessor did not use
    uint64_t *pairs;           // (n_layers, n_experts * (n_experts - 1) / 2): tokens that used both experts a < b, at
                               // b * (b - 1) / 2 + a of a row; or NULL
} sw_expert_use;

typedef enum sw_expert_span { SW_EXPERTS_SINCE_OPEN = 0, SW_EXPERTS_SINCE_MARK } sw_expert_span;

/* A snapshot, to be freed with sw_expert_use_free.  with_pairs: with the pairs, if the model is small enough for them
 * to be counted (EXPERT_PAIR_BYTES of sw_limits).  Errors: SW_ENOMEM. */
SW_NODISCARD sw_code sw_engine_expert_use(const sw_engine *engine, sw_expert_span span, bool with_pairs,
                                          sw_expert_use **out, sw_err *err);
/* NULL is accepted. */
void sw_expert_use_free(sw_expert_use *use);
/* Adds the sums of `from`, of the same model, to `to`; pairs only if both have them. */
void sw_expert_use_add(sw_expert_use *to, const sw_expert_use *from);
/* Begins SW_EXPERTS_SINCE_MARK anew.  At first the mark is where the engine was opened. */
void sw_engine_expert_mark(sw_engine *engine);

enum { SW_EXPERTS_USED_MAX = 64 };

/* The choice of one layer's router for one token. */
typedef struct sw_expert_row {
    uint64_t tag; // of the request, 0 if it had none
    int sequence; // of the engine's n_seqs
    int position; // in the sequence
    int layer;
    int n_used;
    int experts[SW_EXPERTS_USED_MAX]; // (n_used), the best first
    float weights[SW_EXPERTS_USED_MAX];
} sw_expert_row;

/* Copies up to n_max rows of the trace from number *cursor on and returns how many.  Rows are numbered from 0 on as
 * they are made.  *cursor becomes the number of the next row to read; *n_lost_out is the number of rows before the
 * first copied one that were overwritten.  Without sw_engine_options.expert_trace there are none. */
size_t sw_engine_expert_rows(sw_engine *engine, uint64_t *cursor, sw_expert_row *rows, size_t n_max,
                             uint64_t *n_lost_out);

/* Which rows there are. */
typedef struct sw_expert_trace {
    size_t n_max;      // rows that are kept; 0: there is no trace
    uint64_t first;    // number of the oldest row that is kept
    uint64_t end;      // of the next one that will be made
    uint64_t since_ns; // as in sw_expert_use, since the engine was opened
} sw_expert_trace;

sw_expert_trace sw_engine_expert_trace(sw_engine *engine);

/* What the cache of experts is about. */
typedef enum sw_expert_cache_state {
    SW_EXPERT_CACHE_ACTIVE,
    SW_EXPERT_CACHE_STOPPED, // steps were slower with it; it is tried again later
    SW_EXPERT_CACHE_FAILED   // the device is lost
} sw_expert_cache_state;

/* "active", "stopped", "failed"; a static string. */
const char *sw_expert_cache_state_name(sw_expert_cache_state state);

/* VRAM with copies of experts that are in RAM: those that are used most, and what these are changes while jobs run.  A
 * *pair* is a token and one of its experts; counts are since the engine was opened. */
typedef struct sw_expert_cache {
    sw_expert_cache_state state;
    char reason[256];          // why it is not active; ""
    uint64_t bytes;            // of VRAM
    int n_slots;               // experts that it has room for
    uint64_t n_hits, n_misses; // pairs whose expert is in RAM: computed from a copy, and not
    uint64_t n_uploads;        // experts that came to VRAM
    uint64_t n_upload_bytes;
    bool is_watched;            // it stops if it does not pay; not on an emulated device
    uint64_t n_trials, n_stops; // comparisons of steps with and without it; how often it stopped
    double with_ms, without_ms; // mean step of the last comparison; 0: there was none
    sw_expert_id *copies;       // (n_copies): what it holds now, by layer
    size_t n_copies;
} sw_expert_cache;

/* A snapshot, to be freed with sw_expert_cache_free; *out is NULL if the engine has no cache.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code sw_engine_expert_cache(const sw_engine *engine, sw_expert_cache **out, sw_err *err);
/* NULL is accepted. */
void sw_expert_cache_free(sw_expert_cache *cache);

/* ---- measuring ---------------------------------------------------------------------------------------------- */

/* Receives the logits (n_vocab) after one position; valid during the call only.  Returning false stops. */
typedef bool (*sw_logits_fn)(void *ud, size_t position, const float *logits, size_t n_vocab);

/* Logits of a token sequence, for parity checks: the first n_prefill tokens in batches, the others one by one.  Calls
 * on_row for every position in order, on the calling thread.  The engine must have no jobs.  Errors: SW_EINVAL,
 * SW_ELIMIT (context), SW_EBUSY, SW_ENUMERIC, SW_ENOMEM. */
SW_NODISCARD sw_code sw_engine_logits(sw_engine *engine, const int32_t *tokens, size_t n_tokens, size_t n_prefill,
                                      sw_logits_fn on_row, void *ud, sw_err *err);

/* What to time: model calls alone, without tokenizing, sampling or a server.  Either n_prompt or n_gen is above 0. */
typedef struct sw_time_request {
    int n_depth;  // tokens of every sequence that are evaluated before the clock starts
    int n_prompt; // tokens of a prompt to evaluate in the first sequence
    int n_gen;    // steps that generate one token for each of n_seqs sequences
    int n_seqs;   // 1 .. the engine's
} sw_time_request;

/* Evaluates random tokens; *ns_out is the time that it took, in nanoseconds of the engine's clock.  Runs on the calling
 * thread; the engine must have no jobs.  Errors: SW_EINVAL, SW_ELIMIT (context), SW_EBUSY, SW_ENOMEM. */
SW_NODISCARD sw_code sw_engine_time(sw_engine *engine, const sw_time_request *request, uint64_t *ns_out, sw_err *err);

/* One GPU that the driver lists. */
typedef struct sw_device_info {
    char name[16];                    // "cuda:0", as sw_engine_options.devices takes it
    char model[64];                   // "NVIDIA H200"; "": not told
    int capability;                   // compute capability, 10 * major + minor; 0: not told
    int n_processors;                 // multiprocessors; 0: not told
    uint64_t total_bytes, free_bytes; // of its memory, beside all programs
    char why[512];                    // why this build cannot use it, and what helps; "": it can
} sw_device_info;

enum { SW_DEVICES_MAX = 32 };

typedef struct sw_device_list {
    int cuda_version; // 1000 * major + 10 * minor of the newest CUDA that the driver serves; 0: no driver
    size_t n;
    sw_device_info devices[SW_DEVICES_MAX];
    char why[512]; // why there is none, or "the driver has more"; ""
} sw_device_list;

/* Opens every GPU of this machine in turn, and closes it.  What cannot be used is in the list with its reason: the list
 * itself never fails. */
void sw_devices(sw_device_list *out);

/* Measures how fast n_threads (>= 1) threads read a block of memory that is far larger than the caches. */
typedef struct sw_bandwidth_probe sw_bandwidth_probe;
/* NULL if memory is short. */
sw_bandwidth_probe *sw_bandwidth_probe_create(int n_threads);
/* Bytes per second of one pass; takes some tenths of a second. */
double sw_bandwidth_probe_run(sw_bandwidth_probe *probe);
void sw_bandwidth_probe_free(sw_bandwidth_probe *probe);

/* Measures how many multiply-adds the kernels of one weight type ("Q4_K", ...) reach with n_threads (>= 1) threads and
 * a batch of tokens, when all operands are in the caches. */
typedef struct sw_multiply_probe sw_multiply_probe;
/* Errors: SW_EINVAL (no such type), SW_ENOMEM. */
SW_NODISCARD sw_code sw_multiply_probe_create(sw_multiply_probe **out, const char *type, int n_threads, sw_err *err);
/* Multiply-adds per second, of all threads together; takes some hundredths of a second. */
double sw_multiply_probe_run(sw_multiply_probe *probe);
void sw_multiply_probe_free(sw_multiply_probe *probe);

/* ---- generation -------------------------------------------------------------------------------------------- */

typedef enum sw_role { SW_ROLE_SYSTEM, SW_ROLE_USER, SW_ROLE_ASSISTANT, SW_ROLE_TOOL } sw_role;

/* A call of a tool that the assistant made in an earlier turn. */
typedef struct sw_tool_call {
    const char *id;        // which the result names; may be NULL
    const char *name;      // of the tool: no white space, quotes, backslashes, control characters, < or >
    const char *arguments; // JSON, shown to the model as it is
} sw_tool_call;

/* One turn of a conversation.  Texts are valid UTF-8 from outside; no part of them becomes a special token. */
typedef struct sw_message {
    sw_role role;
    const char *content;            // "" if a message with tool calls has none
    const char *reasoning;          // assistant only; may be NULL
    const sw_tool_call *tool_calls; // assistant only: (n_tool_calls), made after the content
    size_t n_tool_calls;
    const char *tool_call_id; // tool only: the call of which this is the result; may be NULL
    const char *name;         // tool only: the tool's name; NULL: that of the call
} sw_message;

/* How much the model should reason, for chat formats with such a setting. */
typedef enum sw_effort { SW_EFFORT_DEFAULT = 0, SW_EFFORT_LOW, SW_EFFORT_MEDIUM, SW_EFFORT_HIGH } sw_effort;

/* Added to a token's logit; -100 bans it for practical purposes. */
typedef struct sw_logit_bias {
    int32_t id; // below the vocabulary's size
    float bias; // -100 .. 100; several for one token add up
} sw_logit_bias;

/* How the next token is chosen.  {0} is greedy decoding; sw_sampling_default() is for chats.  The logits pass, in this
 * order: biases, penalties, temperature, softmax, top-k, typical, top-p, min-p.  Greedy decoding takes the highest
 * logit after the penalties. */
typedef struct sw_sampling {
    float temperature;       // 0: greedy
    float top_p;             // in (0, 1]; 0 counts as 1 (off)
    int top_k;               // 0: off
    float min_p;             // in [0, 1); 0: off
    float typical_p;         // in (0, 1]; 0 counts as 1 (off)
    float repeat_penalty;    // > 0: divides positive logits of recent tokens, multiplies negative ones; 0: as 1, off
    int repeat_last_n;       // the number of last tokens, prompt included, that are recent; 0: none; -1: all
    float presence_penalty;  // -2 .. 2, subtracted from the logit of every token that is in the answer
    float frequency_penalty; // -2 .. 2, the same times the number of its occurrences in the answer
    const sw_logit_bias *biases; // (n_biases)
    size_t n_biases;
    uint64_t seed; // the same seed and the same prompt give the same answer
} sw_sampling;

/* Temperature 0.3, top_p 0.95, repeat_last_n 64 with a penalty of 1, seed 0. */
sw_sampling sw_sampling_default(void);

typedef enum sw_event_type {
    SW_EVENT_ACCEPTED,     // the job has its sequence; n_prompt is known
    SW_EVENT_PROGRESS,     // n_prompt_done tokens of the prompt are evaluated
    SW_EVENT_PROMPT_TOKEN, // logprobs: the next token of the prompt, if requested; all come before the first TOKEN
    SW_EVENT_EMBEDDING,    // embedding, if requested; DONE follows
    SW_EVENT_TOKEN,        // text, empty while a character or stop string is incomplete
    SW_EVENT_DONE,         // last event: finish, usage, timings
    SW_EVENT_ERROR,        // last event instead of DONE: error
} sw_event_type;

typedef enum sw_text_kind { SW_TEXT_CONTENT, SW_TEXT_REASONING } sw_text_kind;

/* Why an answer ended: an end token or stop string, a limit of tokens, or sw_job_cancel. */
typedef enum sw_finish { SW_FINISH_STOP, SW_FINISH_LENGTH, SW_FINISH_CANCELED } sw_finish;

/* Durations of one job on the engine's clock.  Without a first token the end of the prompt counts. */
typedef struct sw_timings {
    double queue_ms;   // from submit to the job's sequence
    double prompt_ms;  // from there to the first token: evaluating n_prompt - n_cached tokens
    double predict_ms; // from the first token to the last
    double ttft_ms;    // from submit to the first token: queue_ms + prompt_ms
} sw_timings;

enum { SW_TOP_LOGPROBS_MAX = 20 };

/* A token and the natural logarithm of its probability. */
typedef struct sw_token_logprob {
    int32_t id;
    float logprob;
    const char *text; // (n_bytes) of the token, not always whole characters; control tokens are spelled out
    size_t n_bytes;
} sw_token_logprob;

/* The probability of the sampled token, and the most likely tokens.  They come from the model's own logits, before
 * biases, penalties, temperature and filters.  Of a prompt `sampled` is the token that is there; its first token has no
 * probability: logprob is NaN, n_top 0. */
typedef struct sw_logprobs {
    bool is_content; // the sampled token is text of the content, neither reasoning nor the frame of a message
    sw_token_logprob sampled;
    sw_token_logprob top[SW_TOP_LOGPROBS_MAX]; // (n_top), the most likely first
    int n_top;
} sw_logprobs;

/* A token counts when it is sampled.  Its log-probabilities come with its text, which waits while it could be the
 * beginning of a stop string; of tokens whose text is never delivered they do not come. */
typedef struct sw_event {
    sw_event_type type;
    sw_text_kind kind;           // TOKEN
    const char *text;            // TOKEN: valid UTF-8, NUL-terminated, valid during the call only
    size_t n_bytes;              // TOKEN
    int n_tokens;                // TOKEN: sampled tokens that this event counts, 0 or 1
    const sw_logprobs *logprobs; // PROMPT_TOKEN; TOKEN, if requested; valid during the call only
    const float *embedding;      // EMBEDDING: (n_embd), its Euclidean norm is 1; valid during the call only
    int n_embd;                  // EMBEDDING
    int n_prompt;                // ACCEPTED, PROGRESS, PROMPT_TOKEN, TOKEN, DONE
    int n_cached;                // the same: prompt tokens that an earlier job had evaluated
    int n_prompt_done;           // PROGRESS
    int n_predicted;             // TOKEN, DONE: sampled tokens so far, without the end token
    int n_reasoning;             // TOKEN, DONE: of them, reasoning
    sw_finish finish;            // DONE
    int stop_index;              // DONE: which of the request's stop strings ended the answer; -1: none did
    sw_timings timings;          // TOKEN: as of the last sampled token; DONE
    const sw_err *error;         // ERROR
} sw_event;

/* Called on the engine's thread.  It must return quickly and may call no function of the engine but sw_job_cancel.  The
 * event is valid during the call only. */
typedef void (*sw_event_fn)(void *ud, const sw_event *event);

/* What to generate from, and how. */
typedef struct sw_request {
    const sw_message *messages; // (n_messages): a chat ...
    size_t n_messages;
    const char *prompt;    // ... or raw text ...
    const int32_t *tokens; // (n_tokens) ... or ids of the vocabulary, evaluated as they are.  Exactly one of the three
    size_t n_tokens;
    bool parse_special; // of raw text: as in sw_encode_options; a BOS that it begins with is not added once more
    uint64_t client;    // whose job it is: a free sequence goes to the client that has the fewest
    sw_effort effort;
    const char *date; // "YYYY-MM-DD"; NULL: the engine's
    sw_sampling sampling;
    int max_tokens;   // 0: until the context is full
    bool prompt_only; // the prompt is evaluated and no token sampled: SW_FINISH_LENGTH; not with max_tokens
    /* The prompt is evaluated as with prompt_only, nothing of it comes from a cache, and an event has its embedding:
     * the mean over its positions of the last hidden state after the output norm, divided by its Euclidean norm.  The
     * bits are the same alone and in a batch.  Not with log-probabilities. */
    bool embed;
    const char *const *stop; // (n_stop): strings that end the answer; matched text is not delivered
    size_t n_stop;
    bool ignore_eos;      // continue after end tokens (for benchmarks)
    bool fresh_prompt;    // nothing of the prompt comes from a cache (for benchmarks; the answer is the same)
    bool count_experts;   // for sw_job_expert_use
    bool keep_tokens;     // for sw_job_tokens
    uint64_t tag;         // any number, for sw_expert_row
    bool logprobs;        // events have the probability of each token
    bool prompt_logprobs; // so does an event for each token of the prompt, of which nothing comes from a cache
    int n_top_logprobs;   // 0 .. SW_TOP_LOGPROBS_MAX: and of the most likely ones; needs one of these two
    sw_event_fn on_event; // required by sw_engine_submit
    /* Asked on the engine's thread before each token of the answer, and before each step of a prompt with
     * prompt_logprobs; or NULL.  While it returns false the job keeps its sequence and waits, and other jobs go on. The
     * same rules as for on_event. */
    bool (*has_room)(void *ud);
    void *ud;
} sw_request;

/* One generation.  The handle belongs to the submitter; the engine keeps what it needs until the last event. */
typedef struct sw_job sw_job;

/* Renders and tokenizes the request, checks that it fits, and queues it.  Everything in `request` is copied.  Any
 * thread.  Events may arrive before this returns.  On success release *out with sw_job_release.  Errors: SW_EINVAL
 * (names the field), SW_ELIMIT (the prompt does not fit; the message has both lengths), SW_EBUSY (the queue is full),
 * SW_ENOMEM. */
SW_NODISCARD sw_code sw_engine_submit(sw_engine *engine, const sw_request *request, sw_job **out, sw_err *err);
/* Makes the job stop; its last event follows after at most one step.  Any thread or signal handler, at any time before
 * release. */
void sw_job_cancel(sw_job *job);
/* Ends the use of the handle, and cancels the job if it still runs.  No event is delivered after this returns: it waits
 * for one in progress, so do not call it from on_event or with a lock held that on_event takes.  A job may outlive its
 * engine. */
void sw_job_release(sw_job *job);
/* Blocks until the last event is delivered. */
void sw_job_wait(sw_job *job);

/* The experts that a job used whose request set count_experts: for the tokens of its prompt, but for those that an
 * earlier job had evaluated, and for the generated ones, but for the last, which is not evaluated.  Known after the
 * last event; without pairs.  Free both with sw_expert_use_free.  Errors: SW_EINVAL (count_experts was not set),
 * SW_EBUSY (the job has not ended), SW_ENOMEM. */
SW_NODISCARD sw_code sw_job_expert_use(sw_job *job, sw_expert_use **prompt_out, sw_expert_use **generated_out,
                                       sw_err *err);

/* The tokens that a job sampled, without the end token: (*n_out) ids, which belong to the job.  Known after the last
 * event.  Errors: SW_EINVAL (keep_tokens was not set), SW_EBUSY (the job has not ended). */
SW_NODISCARD sw_code sw_job_tokens(sw_job *job, const int32_t **ids_out, size_t *n_out, sw_err *err);

/* The prompt of a request as text, with special tokens spelled out, for inspection and tests.  Free *text_out with
 * sw_text_free.  Errors: those of sw_engine_submit. */
SW_NODISCARD sw_code sw_engine_render(const sw_engine *engine, const sw_request *request, char **text_out, sw_err *err);
/* The number of tokens of a request's prompt, even if they do not fit the context.  Errors: those of
 * sw_engine_submit. */
SW_NODISCARD sw_code sw_engine_count(const sw_engine *engine, const sw_request *request, size_t *n_out, sw_err *err);

/* ---- limits ------------------------------------------------------------------------------------------------ */

typedef struct sw_limit {
    const char *name; // "CTX_TOKENS", ...
    uint64_t value;   // the largest that is accepted
    const char *unit; // "tokens", ...
    const char *why;  // where the value comes from
} sw_limit;

/* The table of every bound in the program: *n_out rows, static. */
const sw_limit *sw_limits(size_t *n_out);

#endif
