/* codes.h - room for quantized activations. */
#ifndef SW_CODES_H
#define SW_CODES_H

#include "kernels/kernels.h"

/* Room for n values, a multiple of SW_GROUP, in every form.  False when memory is short; *c is then empty. */
bool sw_codes_alloc(sw_codes *c, size_t n);
/* n as it was allocated; an empty one is left alone. */
void sw_codes_free(sw_codes *c, size_t n);

/* The part that begins at value `at`, a multiple of SW_GROUP. */
static inline sw_codes sw_codes_at(const sw_codes *c, size_t at)
{
    return (sw_codes){
        .code = c->code + at,
        .scale = c->scale + at / SW_GROUP,
        .sum = c->sum + at / 16,
        .scaled_sum = c->scaled_sum != NULL ? c->scaled_sum + at / SW_GROUP : NULL,
        .fine = c->fine != NULL ? c->fine + at : NULL,
        .fine_sum = c->fine != NULL ? c->fine_sum + at / 16 : NULL,
    };
}

/* The same without fine codes. */
static inline sw_codes sw_codes_coarse(const sw_codes *c)
{
    return (sw_codes){.code = c->code, .scale = c->scale, .sum = c->sum, .scaled_sum = c->scaled_sum};
}

#endif
