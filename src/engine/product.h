/* product.h - matrix products on the thread pool: several at once, cut into runs of tiles.
 *
 * Every output element is computed by one thread, so how the work is cut never changes a result.
 */
#ifndef SW_PRODUCT_H
#define SW_PRODUCT_H

#include "kernels/codes.h"
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

/* What products with these matrices read of an input that they share; absent ones (no tiles) read nothing. */
sw_act_form sw_mats_form(const sw_mat *const *mats, size_t n);
static inline sw_act_form sw_mat_form(const sw_mat *m)
{
    return sw_mats_form(&m, 1);
}

/* Activations from float rows (n, n_cols) in a form that needs `codes` or nothing of it.  The result refers to both. */
sw_acts sw_acts_prepare(sw_pool *pool, const sw_kernels *k, const sw_codes *codes, const float *rows, size_t n,
                        size_t n_cols, sw_act_form form);

/* Quantizes one row of n elements to place `at` of `codes`, a multiple of SW_GROUP. */
void sw_acts_fill(const sw_codes *codes, const sw_kernels *k, const float *row, size_t n, size_t at, sw_act_form form);
/* Rows of n_cols that were quantized to the begin of `codes` on, beside their floats. */
sw_acts sw_acts_view(const sw_codes *codes, const float *rows, size_t n_cols, sw_act_form form);

/* The part of `x` that begins at element `at`, a multiple of SW_GROUP if it is quantized. */
static inline sw_acts sw_acts_at(const sw_acts *x, size_t at)
{
    return (sw_acts){.n_cols = x->n_cols, .f32 = x->f32 + at, .codes = sw_codes_at(&x->codes, at)};
}

/* The part of `x` that begins at token `first`. */
static inline sw_acts sw_acts_from(const sw_acts *x, size_t first)
{
    return sw_acts_at(x, first * x->n_cols);
}

#endif
