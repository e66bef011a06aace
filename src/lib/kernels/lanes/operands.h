/* operands.h - the operands of products, in every instruction set: a product as one struct, and the activations of a
 * few of its tokens. */
#ifndef KERNELS_LANES_OPERANDS_H
#define KERNELS_LANES_OPERANDS_H

#include "kernels/codes.h"

/* The arguments of a matmul_fn (kernels.h), or of a part of it: tiles from some tile on, y from that tile's first row
 * on. */
typedef struct product {
    const uint8_t *tiles;
    size_t n_tiles;
    const act_rows *x;
    size_t n; // tokens
    float *y; // y[i * ld + row]
    size_t ld;
} product;

/* Defines the matmul_fn `function` as `template`(&description, product).  The template is always expanded in place, so
 * that one copy of it per constant description is compiled. */
#define PRODUCT_FUNCTION(function, template, description)                                                              \
    static void function(const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n, float *y, size_t ld)       \
    {                                                                                                                  \
        template(&(description), (product){tiles, n_tiles, x, n, y, ld});                                              \
    }

/* The index of the token at place i of a product. */
static inline size_t token_at(const act_rows *x, size_t i)
{
    return x->index != NULL ? (size_t)x->index[i] : i;
}

enum { TOKENS_MAX = 8 };

/* Codes of either kind, coarse or fine, of each token. */
typedef struct token_codes {
    const int8_t *code[TOKENS_MAX];
    const int16_t *sum[TOKENS_MAX]; // of 16 codes each
} token_codes;

/* Some tokens from some column on: the members of code_rows, by token. */
typedef struct tokens {
    const float *scale[TOKENS_MAX];
    const float *scaled_sum[TOKENS_MAX];
    token_codes coarse;
    token_codes fine; // for formats that read them
} tokens;

/* n tokens from place `first` of a product, from column k on. */
static inline tokens tokens_at(const act_rows *x, size_t first, int n, size_t k)
{
    tokens t = {0};
    for (int i = 0; i < n; i++) {

        const size_t at = token_at(x, first + (size_t)i) * x->n_cols + k;
        const code_rows codes = codes_at(&x->codes, at);
        t.scale[i] = codes.scale;
        t.scaled_sum[i] = codes.scaled_sum;
        t.coarse.code[i] = codes.code;
        t.coarse.sum[i] = codes.sum;
        t.fine.code[i] = codes.fine;
        t.fine.sum[i] = codes.fine_sum;
    }
    return t;
}

#endif
