/* product.h - matrix products on the thread pool: several at once, cut into runs of tiles.
 *
 * Every output element is computed by one thread, so how the work is cut never changes a result.
 */
#ifndef SW_PRODUCT_H
#define SW_PRODUCT_H

#include "kernels/kernels.h"
#include "model/weights.h"

/* y[i * ld + row] = (W x_i)[row] + bias[row], for n tokens; ld >= the padded rows. */
typedef struct sw_product {
    const sw_mat *mat;
    int expert; // of a stack
    sw_acts x;
    size_t n;
    float *y;
    size_t ld;
    size_t first_task, tiles_per_task; // set by sw_products_run
} sw_product;

void sw_products_run(sw_pool *pool, const sw_kernels *k, sw_product *products, size_t n_products);

/* Room for quantized activations of `n_elems` elements in all. */
typedef struct sw_act_buffer {
    int8_t *code;
    float *scale;
    int16_t *sum;
    size_t n_elems;
} sw_act_buffer;

bool sw_act_buffer_init(sw_act_buffer *b, size_t n_elems);
void sw_act_buffer_free(sw_act_buffer *b);

/* Activations from float rows (n, n_cols): quantized into `b` when some product needs it.  The result refers to both.
 */
sw_acts sw_acts_prepare(sw_pool *pool, const sw_kernels *k, sw_act_buffer *b, const float *rows, size_t n,
                        size_t n_cols, bool quantized);

/* Quantizes one row of n elements to place `at`, a multiple of SW_GROUP. */
void sw_act_buffer_fill(const sw_act_buffer *b, const sw_kernels *k, const float *row, size_t n, size_t at);
/* Rows of n_cols that were quantized to the buffer's begin on, beside their floats. */
sw_acts sw_act_buffer_view(const sw_act_buffer *b, const float *rows, size_t n_cols);

/* Do this matrix's kernels read quantized activations? */
static inline bool sw_mat_is_quantized(const sw_mat *m)
{
    return sw_type_get((uint32_t)m->type)->block_elems > 1;
}

/* The part of `x` that begins at element `at`, a multiple of SW_GROUP if it is quantized. */
static inline sw_acts sw_acts_at(const sw_acts *x, size_t at)
{
    return (sw_acts){
        .n_cols = x->n_cols,
        .f32 = x->f32 + at,
        .code = x->code + at,
        .scale = x->scale + at / SW_GROUP,
        .sum = x->sum + at / 16,
    };
}

/* The part of `x` that begins at token `first`. */
static inline sw_acts sw_acts_from(const sw_acts *x, size_t first)
{
    return sw_acts_at(x, first * x->n_cols);
}

#endif
