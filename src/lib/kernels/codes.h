/* codes.h - room for quantized activations. */
#ifndef KERNELS_CODES_H
#define KERNELS_CODES_H

#include "kernels/kernels.h"

/* Allocates room for n values, of which the first n_fine can have fine codes; multiples of K_GROUP, n_fine <= n.
 * Returns false if memory is short; *c is then empty, as it is for n = 0. */
bool codes_alloc(code_rows *c, size_t n, size_t n_fine);
/* Frees the room; both numbers are those of codes_alloc.  Does nothing to an empty one. */
void codes_free(code_rows *c, size_t n, size_t n_fine);

/* Bytes of such room. */
size_t codes_bytes(size_t n, size_t n_fine);

/* The part from value `at`, a multiple of K_GROUP, on. */
static inline code_rows codes_at(const code_rows *c, size_t at)
{
    if (c->code == NULL)
        return *c;
    return (code_rows){
        .code = c->code + at,
        .scale = c->scale + at / K_GROUP,
        .sum = c->sum + at / 16,
        .scaled_sum = c->scaled_sum != NULL ? c->scaled_sum + at / K_GROUP : NULL,
        .fine = c->fine != NULL ? c->fine + at : NULL,
        .fine_sum = c->fine != NULL ? c->fine_sum + at / 16 : NULL,
    };
}

/* The same without fine codes. */
static inline code_rows codes_coarse(const code_rows *c)
{
    return (code_rows){.code = c->code, .scale = c->scale, .sum = c->sum, .scaled_sum = c->scaled_sum};
}

#endif
