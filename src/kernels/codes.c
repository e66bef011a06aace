#include "kernels/codes.h"

#include "base/alloc.h"

bool sw_codes_alloc(sw_codes *c, size_t n)
{
    *c = (sw_codes){
        .code = sw_big_alloc(n),
        .scale = sw_big_alloc(n / SW_GROUP * sizeof *c->scale),
        .sum = sw_big_alloc(n / 16 * sizeof *c->sum),
        .scaled_sum = sw_big_alloc(n / SW_GROUP * sizeof *c->scaled_sum),
        .fine = sw_big_alloc(n),
        .fine_sum = sw_big_alloc(n / 16 * sizeof *c->fine_sum),
    };
    if (c->code != NULL && c->scale != NULL && c->sum != NULL && c->scaled_sum != NULL && c->fine != NULL &&
        c->fine_sum != NULL)
        return true;
    sw_codes_free(c, n);
    return false;
}

void sw_codes_free(sw_codes *c, size_t n)
{
    sw_big_free(c->code, n);
    sw_big_free(c->scale, n / SW_GROUP * sizeof *c->scale);
    sw_big_free(c->sum, n / 16 * sizeof *c->sum);
    sw_big_free(c->scaled_sum, n / SW_GROUP * sizeof *c->scaled_sum);
    sw_big_free(c->fine, n);
    sw_big_free(c->fine_sum, n / 16 * sizeof *c->fine_sum);
    *c = (sw_codes){0};
}
