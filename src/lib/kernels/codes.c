/* codes.c - allocates and frees the arrays of code_rows together: all of them or none. */
#include "kernels/codes.h"

#include "base/alloc.h"

size_t codes_bytes(size_t n)
{
    const code_rows *const c = NULL; // for the sizes of its arrays' elements
    return n * (sizeof *c->code + sizeof *c->fine) + n / K_GROUP * (sizeof *c->scale + sizeof *c->scaled_sum) +
           n / 16 * (sizeof *c->sum + sizeof *c->fine_sum);
}

bool codes_alloc(code_rows *c, size_t n)
{
    *c = (code_rows){
        .code = mem_big_alloc(n),
        .scale = mem_big_alloc(n / K_GROUP * sizeof *c->scale),
        .sum = mem_big_alloc(n / 16 * sizeof *c->sum),
        .scaled_sum = mem_big_alloc(n / K_GROUP * sizeof *c->scaled_sum),
        .fine = mem_big_alloc(n),
        .fine_sum = mem_big_alloc(n / 16 * sizeof *c->fine_sum),
    };
    if (c->code != NULL && c->scale != NULL && c->sum != NULL && c->scaled_sum != NULL && c->fine != NULL &&
        c->fine_sum != NULL)
        return true;
    codes_free(c, n);
    return false;
}

void codes_free(code_rows *c, size_t n)
{
    mem_big_free(c->code, n);
    mem_big_free(c->scale, n / K_GROUP * sizeof *c->scale);
    mem_big_free(c->sum, n / 16 * sizeof *c->sum);
    mem_big_free(c->scaled_sum, n / K_GROUP * sizeof *c->scaled_sum);
    mem_big_free(c->fine, n);
    mem_big_free(c->fine_sum, n / 16 * sizeof *c->fine_sum);
    *c = (code_rows){0};
}
