/* product.h - matrix products on the thread pool: several at once, cut into runs of tiles.
 *
 * Every output element is computed by one thread, so how the work is cut never changes a result.
 */
#ifndef FORWARD_PRODUCT_H
#define FORWARD_PRODUCT_H

#include "forward/compute.h"

/* y[i * ld + row] = (W x_i)[row] + bias[row], for n tokens; ld >= the padded rows. */
typedef struct product {
    const mat *mat;
    size_t expert; // of a stack
    act_rows x;
    size_t n;
    float *y;
    size_t ld;
    size_t first_task, tiles_per_task; // set by products_run
} product;

void products_run(const compute_env *env, product *products, size_t n_products);

/* What products with these matrices read of an input that they share; absent ones read nothing. */
act_form mats_form(const mat *const *mats, size_t n);
static inline act_form mat_form(const mat *m)
{
    return mats_form(&m, 1);
}

/* Activations from float rows (n, n_cols), in a form that fills the room for codes or leaves it alone.  The result
 * refers to the rows and to that room. */
act_rows acts_prepare(const compute_env *env, const float *rows, size_t n, size_t n_cols, act_form form);

/* Quantizes one row of n elements to place `at` of the room for codes, a multiple of K_GROUP. */
void acts_fill(const compute_env *env, const float *row, size_t n, size_t at, act_form form);
/* Rows of n_cols whose codes begin at the start of the room for codes, beside their floats. */
act_rows acts_view(const compute_env *env, const float *rows, size_t n_cols, act_form form);

/* The part of `x` that begins at element `at`, a multiple of K_GROUP if it is quantized. */
static inline act_rows acts_at(const act_rows *x, size_t at)
{
    return (act_rows){.n_cols = x->n_cols, .f32 = x->f32 + at, .codes = codes_at(&x->codes, at)};
}

/* The part of `x` that begins at token `first`. */
static inline act_rows acts_from(const act_rows *x, size_t first)
{
    return acts_at(x, first * x->n_cols);
}

#endif
