/* tokens.h - the activations of a few tokens, as the quantized products walk along them. */
#ifndef SW_TOKENS_H
#define SW_TOKENS_H

#include "kernels/kernels.h"

enum { TOKENS_MAX = 8 };

typedef struct tokens {
    const int8_t *code[TOKENS_MAX];
    const float *scale[TOKENS_MAX];
    const int16_t *sum[TOKENS_MAX];
} tokens;

/* n tokens from place `first` of a product, from column k on. */
static inline tokens tokens_at(const sw_acts *x, size_t first, int n, size_t k)
{
    tokens t;
    for (int i = 0; i < n; i++) {
        const size_t place = first + (size_t)i;
        const size_t at = (x->index != NULL ? (size_t)x->index[place] : place) * x->n_cols + k;
        t.code[i] = x->code + at;
        t.scale[i] = x->scale + at / SW_GROUP;
        t.sum[i] = x->sum + at / 16;
    }
    return t;
}

#endif
