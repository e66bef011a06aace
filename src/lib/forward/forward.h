/* forward.h - the forward pass: a batch of tokens through all layers.
 *
 * Reads like the paper: norm, attention, residual, norm, experts, residual.  All scratch is sized at init; a step
 * allocates nothing unless it is asked for more rows of logits than any step before.
 */
#ifndef FORWARD_FORWARD_H
#define FORWARD_FORWARD_H

#include "forward/batch.h"
#include "forward/kv.h"
#include "forward/product.h"
#include "forward/rope.h"

/* Scratch of the expert layers; see moe.c.  A *pair* is one token seen by one of its experts; pairs are sorted by
 * expert, so that each expert's weights are read once per batch. */
typedef struct moe_scratch {
    float *router_logits; // (n_batch, padded n_expert)
    int *chosen;          // (n_layers, n_batch, n_expert_used)
    float *scores;        // (n_expert)
    float *shared_gates;  // (n_batch, 16)
    float *weights;       // (n_batch, n_expert_used)
    int *slot;            // (n_batch, n_expert_used): the place of the pair after sorting
    int32_t *token;       // (pairs): whose pair stands at a place
    int *first;           // (n_expert + 1): an expert's first place
    product *products;    // (2 n_expert + 3)
    size_t n_products;
} moe_scratch;

/* Scratch of latent attention (MLA); see latent.c.  Absent for other models. */
typedef struct latent_scratch {
    float *q_a;      // (n_batch, padded n_latent_q)
    float *q_plain;  // (n_head, n, nope): the part of the queries that is not rotated, head by head
    float *q_latent; // (n, n_head, n_latent + n_rot)
    float *z;        // (n_head, n, n_latent): what attention gathered
    float *answer;   // (n_head, n, padded head_v)
    size_t n_elems[5];
    product *products; // (n_head)
} latent_scratch;

/* Some tokens of one sequence that stand together in the batch. */
typedef struct token_block {
    int first, n;
} token_block;

/* Scratch of the softmax attention; see attend.c.  A row is a query's; a part has ATTEND_QUERIES of them. */
typedef struct attend_scratch {
    token_block *blocks; // (n_batch)
    size_t n_blocks;
    size_t n_parts, n_value;
    running_softmax *state; // (n_parts, ATTEND_QUERIES): of one span
    running_softmax *total; // (n_parts, ATTEND_QUERIES): of all spans so far
    float *out;             // (n_parts, ATTEND_QUERIES, n_value)
} attend_scratch;

typedef struct forward {
    const hparams *h;
    const model_weights *w;
    const kernels *k;
    thread_pool *pool;
    kv_cache *kv;
    // By length, where the model has LongRoPE factors; else both are the same.
    rope_table rope_short, rope_long;
    bool *is_long; // (n_seqs)
    int n_ctx;
    bool has_lengths; // LongRoPE
    bool by_context;  // the length is that of the context, not of the sequence
    int n_batch;
    // The batch being evaluated.
    const batch_token *tokens;
    size_t n;
    // Scratch: (n_batch, width), rows padded to whole tiles where a product writes them.
    float *x;               // residual stream, width n_embd
    float *normed;          // width n_embd
    float *q, *kk, *v;      // width of all query heads, and of all cached keys and values; padded
    float *attended;        // width n_head * head_v
    float *out;             // width n_embd, padded: what a block adds
    float *shared_out;      // width n_embd, padded: what the shared experts add
    float *gate, *up;       // (pairs, padded expert width) or (n_batch, padded dense width)
    float *act;             // as gate, not padded
    float *pair_out;        // (pairs, padded n_embd)
    float *cosines, *sines; // (n_batch, n_rot / 2)
    code_rows codes;        // (n_codes): of the activations that the next product reads
    size_t n_codes;
    moe_scratch moe;
    latent_scratch latent;
    attend_scratch attend;
    float *logits; // (n_logits_cap, padded n_vocab)
    size_t n_logits_cap;
    int32_t *bad_layer; // (n_batch): first layer after which a token's state was not finite, or -1
    size_t scratch_bytes;
} forward;

/* `f` keeps the pointers.  by_context: LongRoPE's factors are chosen once, by n_ctx, and not per sequence.  False when
 * memory is short. */
bool forward_init(forward *f, const hparams *h, const model_weights *w, thread_pool *pool, kv_cache *kv, int n_batch,
                  int n_ctx, int n_seqs, bool by_context);
void forward_free(forward *f);

/* Evaluates tokens[0..n), n <= n_batch; their positions are reserved in the cache.  As lm_ops.step. */
SW_NODISCARD sw_code forward_step(forward *f, const batch_token *tokens, size_t n, const float **logits_out,
                                  int32_t *bad_seq_out, sw_err *err);

/* Has a sequence that may grow to n_max positions LongRoPE's factors for long ones? */
static inline bool forward_is_long(const forward *f, int n_max)
{
    return f->has_lengths && (f->by_context ? f->n_ctx : n_max) > f->h->rope_ctx_orig;
}

/* The rotation of the batch's i-th token. */
static inline const rope_table *rope_of(const forward *f, size_t i)
{
    return f->is_long[f->tokens[i].seq] ? &f->rope_long : &f->rope_short;
}

/* attention.c, latent.c: f->out becomes the attention of every token's `normed` state. */
void forward_attention(forward *f, int layer);
void forward_latent(forward *f, int layer);
/* Queries and answers of all tokens of a batch, and how far apart tokens and heads stand. */
typedef struct head_layout {
    const float *q; // size of a key
    size_t q_token, q_head;
    float *out; // size of a value
    size_t out_token, out_head;
    const float *sinks; // (n_head) or NULL
    int n_head, n_kv;   // query heads, and cached heads that they share
} head_layout;

/* attend.c: attention of every query over its visible positions, of which the batch's own are stored already. */
void attend_run(forward *f, int layer, const head_layout *heads);
/* attend.c: cuts the batch into blocks, for every layer. */
void attend_blocks(forward *f, int heads_per_kv);
/* attend.c: scratch. */
bool attend_init(attend_scratch *s, int n_batch, int n_threads, int n_value);
void attend_free(attend_scratch *s);
/* attention.c: the output projection of f->attended. */
void forward_output(forward *f, int layer);
/* latent.c: scratch, and how many activations it has quantized at once. */
bool latent_init(latent_scratch *s, const hparams *h, size_t n_batch);
void latent_free(latent_scratch *s);
size_t latent_acts(const hparams *h, size_t n_batch);

/* moe.c: f->out becomes the experts' answer for every token's `normed` state. */
void forward_moe(forward *f, int layer);
/* moe.c: scratch. */
bool moe_init(moe_scratch *m, const hparams *h, int n_batch);
void moe_free(moe_scratch *m);

/* ffn.c: f->out becomes the dense block's answer for every token's `normed` state. */
void forward_ffn(forward *f, const layer_weights *layer);

/* The middle of a feed-forward block: rows of f->gate and f->up (padded width) become rows of f->act (width), which are
 * quantized into f->codes when the next product reads them so. */
typedef struct gated_scratch {
    size_t n_rows, width;
    size_t at;     // first element of its part of all four
    act_form form; // that the next product reads
} gated_scratch;

/* Where another part may begin behind n_elems elements. */
static inline size_t gated_after(size_t n_elems)
{
    return (n_elems + K_GROUP - 1) / K_GROUP * K_GROUP;
}

/* ffn.c: activates and quantizes the rows of all parts. */
void forward_gate(forward *f, const gated_scratch *parts, size_t n_parts);
/* ffn.c: a part's rows for the next product. */
act_rows gated_acts(const forward *f, const gated_scratch *g);

/* One layer of the batch, for tasks. */
typedef struct layer_job {
    forward *f;
    int layer;
} layer_job;

static inline size_t padded_length(size_t n)
{
    return (n + 15) / 16 * 16;
}

#endif
