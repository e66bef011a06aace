/* gpu_env.h - what the blocks of the GPU backend compute with, and the operations that they are made of.
 *
 * Every operation gives work to the one stream and returns.  The first failure sticks until the step ends; after it
 * nothing is given any more.  Pointers of weights are addresses in device memory.
 */
#ifndef FORWARD_GPU_ENV_H
#define FORWARD_GPU_ENV_H

#include "forward/expert_share.h"
#include "forward/gpu/gpu_tables.h"
#include "forward/product.h"
#include "gpu/launches.h"

struct gpu_visitors;

typedef struct gpu_env {
    const hparams *h;
    const model_weights *w;
    const kv_cache *kv;
    size_t n_batch;
    thread_pool *pool;
    device *device;
    weight_tier tier; // the device's
    device_stream *stream;
    sw_code code; // of this step
    sw_err err;
    gpu_rooms rooms;
    gpu_staging staging;
    gpu_tables tables;
    struct gpu_visitors *visitors; // NULL: experts whose weights are in RAM are not computed here
    // The last block's `out` is not in x yet: the next norm adds it.
    bool has_pending;
    size_t pending_layer;
    const float *pending_weight; // of any norm on the device: what is added with no norm after it needs one
} gpu_env;

/* Gives work unless something failed before. */
#define GPU_GIVE(g, call)                                                                                              \
    do {                                                                                                               \
        if ((g)->code == SW_OK)                                                                                        \
            (g)->code = (call);                                                                                        \
    } while (0)

void gpu_copy(gpu_env *g, void *to, const void *from, size_t n_bytes, device_way way);
void gpu_fill(gpu_env *g, void *to, int byte, size_t n_bytes);
/* Copies within this machine's memory, by all threads if it is much. */
void gpu_move(const gpu_env *g, void *to, const void *from, size_t n_bytes);
/* Returns when all that was given is done. */
void gpu_wait(gpu_env *g);
/* The same of any stream, also after a failure: memory that it reads or writes is used again. */
void gpu_wait_always(gpu_env *g, device_stream *s);
/* The device begins with what was given: this processor has other work now, or what follows is alike in more steps. */
void gpu_flush(gpu_env *g);

/* Rows of activations in the form that a product reads. */
typedef struct gpu_rows {
    gpu_acts acts;
    size_t n, n_cols;
    int32_t ld;
} gpu_rows;

/* n rows at the beginning of a room. */
gpu_rows gpu_rows_in(const gpu_acts *room, size_t n, size_t n_cols, act_form form);

/* y = norm(x) of n tokens, after what is pending was added to x. */
void gpu_norm_state(gpu_env *g, const norm_weights *norm, const gpu_rows *y);
/* What a block left in `out` is to be added to x. */
void gpu_leave(gpu_env *g, size_t layer, const float *any_norm_weight);
/* Adds what is pending. */
void gpu_settle(gpu_env *g, size_t n);
/* RMS norm of vectors of n elements: `rows` of each of the n_outer, all in place. */
void gpu_norm_heads(gpu_env *g, const float *weight, size_t n, float *x, size_t rows, size_t n_outer, size_t apart);
/* Without the first ones. */
gpu_rows gpu_rows_from(const gpu_rows *r, size_t first, size_t n);
/* Codes of rows whose floats are there. */
void gpu_quantize(gpu_env *g, const gpu_rows *y);
/* y = activation of gate and up, rows of padded width. */
void gpu_activate(gpu_env *g, const float *gate, const float *up, const gpu_rows *y);

/* to[a][b] = from[a][b], n elements each, as far apart as given. */
typedef struct gpu_order {
    size_t n_a, n_b, n;
    size_t to_a, to_b, from_a, from_b;
} gpu_order;
void gpu_reorder(gpu_env *g, float *to, const float *from, const gpu_order *o);

/* y[i * apart ..] = W x[index[i]] + bias, of n places; index NULL: the place itself. */
void gpu_product(gpu_env *g, const mat *m, const gpu_rows *x, const int32_t *index, size_t n, float *y, size_t apart);
/* The same of every matrix of a stack, over its own n rows of x each, one after another. */
void gpu_product_each(gpu_env *g, const mat *m, size_t n_stacked, const gpu_rows *x, size_t n, float *y, size_t apart);

/* Queries and answers of all tokens, as head_layout has them. */
typedef struct gpu_heads {
    const float *q;
    size_t q_token, q_head;
    float *out;
    size_t out_token, out_head;
    const float *sinks;
    size_t n_head, n_kv;
} gpu_heads;

/* gpu_attend.c.  Keys and values of all tokens go to their pages; `key` and `value` are this far apart by token. */
void gpu_store(gpu_env *g, size_t layer, size_t n, const float *key, size_t key_token, const float *value,
               size_t value_token);
void gpu_rotate(gpu_env *g, size_t n, float *x, size_t n_heads, size_t token_apart, size_t head_apart);
void gpu_attend(gpu_env *g, size_t layer, size_t n, const gpu_heads *heads);
/* Tokens of a block of queries, at most; 0: a head is too large for the kernels. */
size_t gpu_tokens_together(const hparams *h);

/* gpu_attention.c, gpu_latent.c, gpu_dense.c: `out` becomes what the block adds. */
void gpu_attention(gpu_env *g, size_t layer, size_t n);
void gpu_latent(gpu_env *g, size_t layer, size_t n);
void gpu_dense(gpu_env *g, size_t layer, size_t n);
/* out = the output projection of n rows of answers in rooms.middle. */
void gpu_project_heads(gpu_env *g, size_t layer, size_t n);

#endif
