/* backend.h - the line at which another processor enters the forward pass.
 *
 * A *backend* computes with the weights of one tier (model/placement.h).  The forward pass calls nothing but these
 * operations, each at the backend of the tier that holds its weights: a layer's attention and router at one, some of
 * its experts there too, the others elsewhere, at the same time.  Operations are coarse, so that one call is worth a
 * conversation with another processor.
 *
 * The rules that keep the bits the same wherever an operation ran:
 *   - an operation gives the bits that the CPU's kernels define (kernels/kernels.h);
 *   - the residual stream is at one backend at a time; it moves as it is, by take_state and give_state;
 *   - answers of experts are joined by one backend, in the order in which the router chose, then the shared experts'.
 *
 * All calls come from one thread.  Pointers in a token_batch are this machine's memory.  A failure is reported at the
 * end of the step and not before; until then the operations go on, so even then a choice is valid and answers are
 * readable.
 */
#ifndef FORWARD_BACKEND_H
#define FORWARD_BACKEND_H

#include "forward/batch.h"
#include "forward/expert_share.h"
#include "spillway/error.h"

typedef struct backend backend;

typedef struct backend_ops {
    void (*close)(backend *be);

    /* A step begins; the keys and values that it will store have their pages. */
    void (*begin)(backend *be, const token_batch *b);
    /* A step ends, on success and on failure: waits for all that is still running.  Gives the first failure of an
     * operation since `begin`, whose results are then not used.  b->bad_layer is complete. */
    sw_code (*end)(backend *be, token_batch *b, sw_err *err);

    /* The residual stream comes here from b->x, or goes there.  Null pointers: the backend works on b->x itself. */
    void (*take_state)(backend *be, const token_batch *b);
    void (*give_state)(backend *be, token_batch *b);

    /* x = the tokens' rows of the embedding. */
    void (*embed)(backend *be, token_batch *b);
    /* x += attention(norm(x)), whose keys and values are stored on the way. */
    void (*attention)(backend *be, token_batch *b, size_t layer);
    /* x += the dense feed-forward block of norm(x). */
    void (*dense)(backend *be, token_batch *b, size_t layer);
    /* Chooses every token's experts by norm(x).  b->normed and *choice are then there for every backend; if
     * choice->can_wait, *choice may be there only when the step has ended. */
    void (*route)(backend *be, token_batch *b, size_t layer, const expert_choice *choice);
    /* Begins to compute a share of the layer's experts from b->normed; gives the number of pairs that the share has.
     * It may compute until it is done, or return at once: the forward pass begins at the backend of RAM last.  *share
     * and *b stay until the share is finished. */
    size_t (*experts_begin)(backend *be, const token_batch *b, size_t layer, const expert_share *share);
    /* Waits until the share is done and says where its answers are; those of other shares stay as they are in *out.  A
     * backend that joins the answers itself, since it routed, may keep its own where they are. */
    void (*experts_finish)(backend *be, const token_batch *b, size_t layer, const expert_share *share,
                           expert_answers *out);
    /* x += all experts' answers. */
    void (*join)(backend *be, token_batch *b, size_t layer, const expert_choice *choice, const expert_answers *answers);
    /* Logits of the tokens that want them, rows of n_vocab back to back, in this machine's memory: there when the step
     * has ended, until the next.  NULL when no token wants any, or on failure. */
    const float *(*head)(backend *be, token_batch *b);
    /* After the head: row i of b->normed = the output norm of x of every token that wants its state.  The rows are
     * there when the step has ended. */
    void (*states)(backend *be, token_batch *b);
} backend_ops;

typedef enum backend_op {
    OP_EMBED,
    OP_ATTENTION,
    OP_DENSE,
    OP_ROUTE,
    OP_EXPERTS,
    OP_JOIN,
    OP_HEAD,
    OP_STATES,
    OP_MOVE, // of the residual stream, here or away
    N_BACKEND_OPS
} backend_op;

const char *backend_op_name(backend_op op);

/* What one kind of operation did here since the backend was opened. */
typedef struct backend_count {
    uint64_t n_calls;
    uint64_t n_items; // tokens; pairs of OP_EXPERTS; 0 of OP_HEAD without logits
} backend_count;

/* Experts whose weights came to a backend to be computed there, since it was opened. */
typedef struct backend_streamed {
    uint64_t n_steps; // with any
    uint64_t n_experts, n_bytes;
} backend_streamed;

/* Implementations embed this as their first member. */
struct backend {
    const backend_ops *ops;
    const char *name;                // "cpu", ...
    size_t n_bytes;                  // of working memory, in its tier, that full batches with one row of logits fill
    size_t n_staging_bytes;          // of this machine's memory beside that
    bool can_stream;                 // a share may have experts whose weights are in RAM: they come for the step
    const struct segments *segments; // how its device is given small steps (gpu/segments.h); NULL: it has none
    backend_count counts[N_BACKEND_OPS];
    backend_streamed streamed;
};

/* The operations as the forward pass calls them: counted.  Only the calling thread writes the counts. */
void backend_embed(backend *be, token_batch *b);
void backend_attention(backend *be, token_batch *b, size_t layer);
void backend_dense(backend *be, token_batch *b, size_t layer);
void backend_route(backend *be, token_batch *b, size_t layer, const expert_choice *choice);
void backend_experts(backend *be, const token_batch *b, size_t layer, const expert_share *share);
void backend_join(backend *be, token_batch *b, size_t layer, const expert_choice *choice,
                  const expert_answers *answers);
const float *backend_head(backend *be, token_batch *b);
void backend_states(backend *be, token_batch *b);
/* The residual stream goes from one backend to another. */
void backend_move(backend *from, backend *to, token_batch *b);

/* What an operation did here; any thread. */
backend_count backend_counted(const backend *be, backend_op op);

/* For a backend that streams, from the calling thread. */
void backend_add_streamed(backend *be, const backend_streamed *more);
backend_streamed backend_streamed_so_far(const backend *be); // any thread

#endif
