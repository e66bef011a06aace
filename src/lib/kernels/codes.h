/* codes.h - room for quantized activations. */
#ifndef KERNELS_CODES_H
#define KERNELS_CODES_H

#include "kernels/kernels.h"

/* Allocates room for n values, a multiple of K_GROUP, in every form.  Returns false if memory is short; *c is then
 * empty. */
bool codes_alloc(code_rows *c, size_t n);
/* Frees room for n values, the n of codes_alloc; does nothing to an empty one. */
void codes_free(code_rows *c, size_t n);

/* Bytes of room for n values. */
size_t codes_bytes(size_t n);

/* The part from value `at`, a multiple of K_GROUP, on. */
static inline code_rows codes_at(const code_rows *c, size_t at)
{
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
