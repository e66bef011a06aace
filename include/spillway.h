/* spillway.h - the public interface of libspillway.
 *
 * Two nouns carry it.  An *engine* holds one loaded model and the threads that compute it; it is shared and its
 * weights never change.  A *job* is one generation: it is submitted, reports events from the engine's thread, can be
 * cancelled at any time, and ends with exactly one SW_EVENT_DONE or SW_EVENT_ERROR.
 *
 * Everything above this header in the source tree (server, suite, commands) uses only what stands here.
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

/* Where a tensor's bytes belong when experts are kept out of VRAM. */
typedef enum sw_tensor_class {
    SW_CLASS_EXPERTS,   // routed experts
    SW_CLASS_ATTENTION, // attention, norms and routers
    SW_CLASS_FFN,       // shared experts and dense feed-forward
    SW_CLASS_EMBEDDING, // token embedding and output head
    SW_CLASS_OTHER,     // tensors that this build does not use
    SW_N_CLASSES
} sw_tensor_class;

const char *sw_tensor_class_name(sw_tensor_class c);

typedef struct sw_tensor_info {
    const char *name;
    const char *type;  // "Q4_K", ...
    uint64_t shape[4]; // ne order: shape[0] is the contiguous dimension; missing dimensions are 1
    int n_dims;
    uint64_t bytes;
    sw_tensor_class cls;
} sw_tensor_info;

/* Facts of a model file, read from its header alone.  Strings belong to the sw_model_file or engine they came from. */
typedef struct sw_model_info {
    const char *name;        // general.name, or the file's name without ".gguf"
    const char *path;        // as given
    const char *arch;        // "gpt-oss", ...
    const char *quant;       // the type that holds most bytes, "MXFP4", ...
    const char *tokenizer;   // "gpt2/gpt-4o", ...
    const char *chat_format; // "harmony", ... ; "plain" when the file has no template known here
    uint64_t file_bytes;
    int64_t mtime;                    // seconds since 1970
    uint64_t n_params;                // all weights
    uint64_t n_params_active;         // weights that one token uses
    uint64_t bytes_per_token;         // of weights that are read to generate one token
    uint64_t multiply_adds_per_token; // of all layers' matrices; a token with logits takes n_embd * n_vocab more
    uint64_t bytes_by_class[SW_N_CLASSES];
    int n_layers;
    int n_embd;
    int n_vocab;
    int n_ctx_train;
    int n_experts;        // routed experts per layer; 0: a dense model
    int n_experts_used;   // of which one token uses
    int n_experts_shared; // always used, beside the routed ones
    size_t n_tensors;
} sw_model_info;

typedef struct sw_model_file sw_model_file;

/* Opens and checks a GGUF file's header (weights are not read).  Errors: SW_EIO, SW_EFORMAT, SW_EUNSUPPORTED (an
 * architecture this build does not run; the message lists those it does), SW_ENOMEM. */
SW_NODISCARD sw_code sw_model_file_open(sw_model_file **out, const char *path, sw_err *err);
void sw_model_file_close(sw_model_file *file);
const sw_model_info *sw_model_file_info(const sw_model_file *file);
/* i < info->n_tensors; order of the file. */
sw_tensor_info sw_model_file_tensor(const sw_model_file *file, size_t i);

/* How keys and values are kept: 16 or 32 bits per element, or 8.5 (groups of 32 with an F16 scale). */
typedef enum sw_kv_type { SW_KV_F16 = 0, SW_KV_F32, SW_KV_Q8_0 } sw_kv_type;

enum { SW_DEFAULT_CTX = 8192 }; // tokens of a sequence, where the model allows so many and nobody says otherwise

/* Bytes of the keys and values of a sequence that fills a context of n_ctx tokens, 1 .. the longest that the program
 * takes (`spillway limits`); 0 when memory is short. */
uint64_t sw_model_file_kv_bytes(const sw_model_file *file, sw_kv_type type, int n_ctx);

/* Progress of long work, from the thread that does it. */
typedef void (*sw_progress_fn)(void *ud, uint64_t bytes_done, uint64_t bytes_total);

typedef struct sw_synth_options {
    const char *preset; // "gpt-oss-20b", ...; an unknown name's error lists them
    int n_layers;       // 0: the preset's
    int n_vocab;        // 0: the preset's
    uint64_t seed;
    sw_progress_fn on_progress; // or NULL
    void *ud;
} sw_synth_options;

/* Writes a model with random, well-behaved weights at a known model's dimensions, for measuring speed.  Errors:
 * SW_EINVAL, SW_EIO, SW_ENOMEM; on failure nothing is left under `path`. */
SW_NODISCARD sw_code sw_synth(const sw_synth_options *options, const char *path, sw_err *err);

typedef struct sw_quantize_options {
    const char *type;           // of matrices for which nothing else is said: "Q4_K", ...
    const char *experts;        // of routed experts; NULL: as `type`
    const char *attention;      // of attention matrices; NULL: as `type`
    const char *embedding;      // of the token embedding and the output head; NULL: as `type`
    int n_threads;              // 0: one per core
    sw_progress_fn on_progress; // or NULL
    void *ud;
} sw_quantize_options;

/* Rewrites a model with other weight types.  Norms, biases and routers stay as they are; rows that a type's blocks do
 * not divide fall back to one that fits.  Errors: SW_EINVAL (names the option), those of opening a model, SW_EIO; on
 * failure nothing is left under `out_path`. */
SW_NODISCARD sw_code sw_quantize(const char *in_path, const char *out_path, const sw_quantize_options *options,
                                 sw_err *err);

/* ---- tokenizer --------------------------------------------------------------------------------------------- */

typedef struct sw_tokenizer sw_tokenizer;

/* Loads only the vocabulary of a GGUF file. */
SW_NODISCARD sw_code sw_tokenizer_open(sw_tokenizer **out, const char *path, sw_err *err);
void sw_tokenizer_close(sw_tokenizer *tok);
int sw_tokenizer_n_vocab(const sw_tokenizer *tok);

/* Zero is a valid value of every member. */
typedef struct sw_encode_options {
    bool add_special;   // prepend BOS and append EOS where the file says so
    bool parse_special; // texts of control tokens become those tokens; never set it for text from outside
} sw_encode_options;

/* Text to ids.  `text` need not be valid UTF-8 or NUL-terminated; `options` may be NULL.  *ids_out is never NULL on
 * success; free it with sw_tokens_free.  Errors: SW_ELIMIT (too many bytes), SW_ENOMEM. */
SW_NODISCARD sw_code sw_tokenizer_encode(const sw_tokenizer *tok, const char *text, size_t n_bytes,
                                         const sw_encode_options *options, int32_t **ids_out, size_t *n_out,
                                         sw_err *err);
/* Ids -> bytes of the whole text (NUL-terminated for convenience; may hold NULs).  Ids out of range are skipped.
 * *text_out is allocated; free it with sw_text_free. */
SW_NODISCARD sw_code sw_tokenizer_decode(const sw_tokenizer *tok, const int32_t *ids, size_t n, bool render_special,
                                         char **text_out, size_t *n_bytes_out, sw_err *err);
void sw_tokens_free(int32_t *ids);
void sw_text_free(char *text);

/* ---- engine ------------------------------------------------------------------------------------------------ */

typedef struct sw_engine sw_engine;

/* Which engine to agree with where llama.cpp differs from the model's original code. */
typedef enum sw_compat { SW_COMPAT_ORIGINAL = 0, SW_COMPAT_LLAMA_CPP } sw_compat;

/* Zero is a valid value of every member. */
typedef struct sw_engine_options {
    int n_threads; // compute threads; 0: one per core that this process may use
    int n_ctx;     // tokens a sequence may hold; 0: the model's own context, at most SW_DEFAULT_CTX
    int n_seqs;    // sequences decoded together; 0: 4
    int n_batch;   // prompt tokens evaluated at once, at most; 0: 256
    sw_kv_type kv_type;
    sw_compat compat;
    const char *date;         // "YYYY-MM-DD" for formats that tell the model the date; NULL: today
    bool cpu_moe;             // experts of every layer stay in RAM
    int n_cpu_moe;            // experts of the first N layers stay in RAM (not together with cpu_moe)
    double stub_tokens_per_s; // stub engine only: pace of its tokens; 0: as fast as it can
    const sw_clock *clock;    // NULL: the system's
    sw_progress_fn on_load;   // from the opening thread; or NULL
    void *ud;
} sw_engine_options;

/* Loads a model and starts the engine's threads.  `path` is a GGUF file, or "stub:" for an engine that computes
 * nothing and answers deterministic words (for tests of what stands above the engine).  `options` may be NULL. */
SW_NODISCARD sw_code sw_engine_open(sw_engine **out, const char *path, const sw_engine_options *options, sw_err *err);
/* Cancels every job, waits for the engine's thread, frees everything.  NULL is accepted. */
void sw_engine_close(sw_engine *engine);

const sw_model_info *sw_engine_info(const sw_engine *engine);

/* What an open engine occupies and uses; constant after open, but for the last three. */
typedef struct sw_engine_state {
    int n_threads, n_ctx, n_seqs;
    const char *isa;           // kernels in use: "scalar", "avx2", ...
    const char *backend;       // "cpu"
    uint64_t weight_bytes_ram; // as allocated
    uint64_t weight_bytes_vram;
    uint64_t expert_bytes_ram;   // the experts' share of weight_bytes_ram
    uint64_t kv_bytes_per_token; // of one sequence that fills its context; fewer than that take more each
    uint64_t kv_bytes_max;       // of all sequences, when each fills its context
    const char *placement_note;  // NULL, or why a placement option had no effect
    double load_ms;
    int n_jobs_running, n_jobs_waiting;
    uint64_t kv_tokens_used;
} sw_engine_state;
sw_engine_state sw_engine_get_state(sw_engine *engine);

/* Bytes of keys and values that one token reads which is generated as the n-th of its sequence: of windowed layers only
 * the window.  0 for the stub. */
uint64_t sw_engine_kv_bytes_read(const sw_engine *engine, int n);

/* How often the router of MoE layer `layer` (0 .. n_layers-1; dense layers count nothing) chose each expert since the
 * engine was opened.  counts has room for n_experts.  Returns false if the layer has no router. */
bool sw_engine_router_counts(const sw_engine *engine, int layer, uint64_t *counts);

/* Logits of a token sequence, for parity checks: the first n_prefill tokens as one batch, the others one by one.
 * on_row gets one row of n_vocab float32 per position, in order; returning false stops.  Runs in the calling thread;
 * the engine must have no jobs. */
typedef bool (*sw_logits_fn)(void *ud, size_t position, const float *logits, size_t n_vocab);
SW_NODISCARD sw_code sw_engine_logits(sw_engine *engine, const int32_t *tokens, size_t n_tokens, size_t n_prefill,
                                      sw_logits_fn on_row, void *ud, sw_err *err);

/* What to time: the model calls alone, without tokenizing, sampling or a server. */
typedef struct sw_time_request {
    int n_depth;  // tokens that every sequence holds already (evaluated before the clock starts)
    int n_prompt; // > 0: tokens of a prompt to evaluate in the first sequence; n_gen must be 0
    int n_gen;    // > 0: steps that generate one token for each of n_seqs sequences
    int n_seqs;   // 1 .. the engine's
} sw_time_request;

/* Evaluates random tokens as asked; *ns_out is the time it took.  Runs in the calling thread; the engine must have no
 * jobs.  Errors: SW_EINVAL, SW_ELIMIT (context), SW_EBUSY. */
SW_NODISCARD sw_code sw_engine_time(sw_engine *engine, const sw_time_request *request, uint64_t *ns_out, sw_err *err);

/* Measures how fast this machine's memory is read, with a large block and n_threads threads. */
typedef struct sw_bandwidth_probe sw_bandwidth_probe;
/* NULL when memory is short. */
sw_bandwidth_probe *sw_bandwidth_probe_create(int n_threads);
/* Bytes per second of one pass, some tenths of a second. */
double sw_bandwidth_probe_run(sw_bandwidth_probe *probe);
void sw_bandwidth_probe_free(sw_bandwidth_probe *probe);

/* Measures how many multiply-adds the kernels of one weight type ("Q4_K", ...) reach on this machine, with n_threads
 * threads and a batch of tokens, when all they need is in the caches. */
typedef struct sw_multiply_probe sw_multiply_probe;
/* Errors: SW_EINVAL (no such type), SW_ENOMEM. */
SW_NODISCARD sw_code sw_multiply_probe_create(sw_multiply_probe **out, const char *type, int n_threads, sw_err *err);
/* Multiply-adds per second, of all threads together; takes some hundredths of a second. */
double sw_multiply_probe_run(sw_multiply_probe *probe);
void sw_multiply_probe_free(sw_multiply_probe *probe);

/* ---- generation -------------------------------------------------------------------------------------------- */

typedef enum sw_role { SW_ROLE_SYSTEM, SW_ROLE_USER, SW_ROLE_ASSISTANT, SW_ROLE_TOOL } sw_role;

/* One turn of a conversation; text is UTF-8 from outside and never becomes a special token. */
typedef struct sw_message {
    sw_role role;
    const char *content;
    const char *reasoning; // assistant only; may be NULL
} sw_message;

typedef enum sw_effort { SW_EFFORT_DEFAULT = 0, SW_EFFORT_LOW, SW_EFFORT_MEDIUM, SW_EFFORT_HIGH } sw_effort;

/* Added to a token's logit; -100 bans it for practical purposes. */
typedef struct sw_logit_bias {
    int32_t id; // below the vocabulary's size
    float bias; // -100 .. 100; several of one token add up
} sw_logit_bias;

/* {0} is greedy decoding; sw_sampling_default() is what chats use.  What happens to the logits, in this order: biases,
 * penalties, temperature, softmax, top-k, typical, top-p, min-p.  Greedy decoding takes the best after the penalties.
 */
typedef struct sw_sampling {
    float temperature;       // 0: greedy
    float top_p;             // in (0, 1]; 0 counts as 1 (off)
    int top_k;               // 0: off
    float min_p;             // in [0, 1); 0: off
    float typical_p;         // in (0, 1]; 0 counts as 1 (off)
    float repeat_penalty;    // > 0: divides positive logits of recent tokens, multiplies negative ones; 0: as 1, off
    int repeat_last_n;       // recent are the last so many tokens, prompt included; 0: none; -1: all
    float presence_penalty;  // -2 .. 2, taken from the logit of every token of the answer
    float frequency_penalty; // -2 .. 2, the same times the token's occurrences in the answer
    const sw_logit_bias *biases; // (n_biases)
    size_t n_biases;
    uint64_t seed; // same seed, same prompt, same answer
} sw_sampling;

/* Temperature 0.3, top_p 0.95, repeat_last_n 64 with a penalty of 1, seed 0. */
sw_sampling sw_sampling_default(void);

typedef enum sw_event_type {
    SW_EVENT_ACCEPTED, // the job has its slot; n_prompt is known
    SW_EVENT_PROGRESS, // more of the prompt was evaluated: n_prompt_done
    SW_EVENT_TOKEN,    // text (possibly empty while a character or stop string is incomplete)
    SW_EVENT_DONE,     // last event: finish, usage, timings
    SW_EVENT_ERROR,    // last event instead of DONE: error
} sw_event_type;

typedef enum sw_text_kind { SW_TEXT_CONTENT, SW_TEXT_REASONING } sw_text_kind;

typedef enum sw_finish { SW_FINISH_STOP, SW_FINISH_LENGTH, SW_FINISH_CANCELED } sw_finish;

typedef struct sw_timings {
    double queue_ms;   // submit -> slot
    double prompt_ms;  // slot -> first logits: evaluating the n_prompt - n_cached tokens
    double predict_ms; // first sampled token -> last
    double ttft_ms;    // submit -> first token
} sw_timings;

enum { SW_TOP_LOGPROBS_MAX = 20 };

/* A token and the natural logarithm of its probability. */
typedef struct sw_token_logprob {
    int32_t id;
    float logprob;
    const char *text; // bytes of the token, not always whole characters; control tokens are spelled out
    size_t n_bytes;
} sw_token_logprob;

/* How likely the model found the token that was sampled, and the tokens it found most likely.  Probabilities are those
 * of the model's logits: before biases, penalties, temperature and filters. */
typedef struct sw_logprobs {
    bool is_content; // the sampled token is text of the content: neither reasoning nor a message's frame
    sw_token_logprob sampled;
    sw_token_logprob top[SW_TOP_LOGPROBS_MAX]; // (n_top), the most likely first
    int n_top;
} sw_logprobs;

typedef struct sw_event {
    sw_event_type type;
    sw_text_kind kind;           // TOKEN
    const char *text;            // TOKEN: valid UTF-8, NUL-terminated, valid during the call only
    size_t n_bytes;              // TOKEN
    int n_tokens;                // TOKEN: sampled tokens that this event accounts for
    const sw_logprobs *logprobs; // TOKEN with n_tokens 1, when asked for; valid during the call only
    int n_prompt;                // ACCEPTED, PROGRESS, DONE
    int n_cached;                // ACCEPTED, PROGRESS, DONE: prompt tokens that an earlier job had left evaluated
    int n_prompt_done;           // PROGRESS
    int n_predicted;             // DONE: sampled tokens, the end token not counted
    int n_reasoning;             // DONE: of which reasoning
    sw_finish finish;            // DONE
    sw_timings timings;          // DONE
    const sw_err *error;         // ERROR
} sw_event;

/* Called from the engine's thread; must return quickly and must not call back into the engine except
 * sw_job_cancel. */
typedef void (*sw_event_fn)(void *ud, const sw_event *event);

typedef struct sw_request {
    const sw_message *messages; // a chat ...
    size_t n_messages;
    const char *prompt; // ... or raw text (messages == NULL)
    sw_effort effort;
    const char *date; // "YYYY-MM-DD"; NULL: the engine's
    sw_sampling sampling;
    int max_tokens;          // 0: until the context is full
    const char *const *stop; // stop strings; matched text is not returned
    size_t n_stop;
    bool ignore_eos;    // go on past end tokens (benchmarks)
    bool logprobs;      // events tell how likely each token was
    int n_top_logprobs; // 0 .. SW_TOP_LOGPROBS_MAX: and the most likely ones; needs logprobs
    sw_event_fn on_event;
    void *ud;
} sw_request;

typedef struct sw_job sw_job;

/* Renders and tokenizes the request, checks that it fits, and queues it.  Everything in `request` is copied.
 * Errors: SW_EINVAL (names the field), SW_ELIMIT (context: prompt and limit in the message),
 * SW_EBUSY (queue full).  On success *out must be released with sw_job_release. */
SW_NODISCARD sw_code sw_engine_submit(sw_engine *engine, const sw_request *request, sw_job **out, sw_err *err);
/* Asks the job to stop; its last event follows within one step.  Any thread and signal handler, any time before
 * release. */
void sw_job_cancel(sw_job *job);
/* Gives up the handle.  Before the last event this also cancels; no event is delivered after it returns: it waits for
 * one that is under way, so call it neither from on_event nor with a lock held that on_event takes.  A job may outlive
 * its engine.  NULL is accepted. */
void sw_job_release(sw_job *job);
/* Blocks until the last event has been delivered. */
void sw_job_wait(sw_job *job);

/* The chat prompt as text, for inspection and tests.  *text_out: sw_text_free. */
SW_NODISCARD sw_code sw_engine_render(const sw_engine *engine, const sw_request *request, char **text_out, sw_err *err);

/* ---- limits ------------------------------------------------------------------------------------------------ */

typedef struct sw_limit {
    const char *name;
    uint64_t value;
    const char *unit;
    const char *why;
} sw_limit;

/* The table of every bound in the program; *n_out rows. */
const sw_limit *sw_limits(size_t *n_out);

#endif
