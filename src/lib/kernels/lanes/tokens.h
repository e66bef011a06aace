/* tokens.h - the activations of a few tokens, as the quantized products walk along them. */
#ifndef KERNELS_LANES_TOKENS_H
#define KERNELS_LANES_TOKENS_H

#include "kernels/codes.h"

enum { TOKENS_MAX = 8 };

/* Codes of either kind. */
typedef struct token_codes {
    const int8_t *code[TOKENS_MAX];
    const int16_t *sum[TOKENS_MAX];
} token_codes;

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
        const size_t place = first + (size_t)i;
        const size_t at = (x->index != NULL ? (size_t)x->index[place] : place) * x->n_cols + k;
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
