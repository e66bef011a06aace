/* codes.c - allocates and frees the arrays of code_rows together: all that are wanted, or none. */
#include "kernels/codes.h"

#include "base/alloc.h"

size_t codes_bytes(size_t n, size_t n_fine)
{
    const code_rows *const c = NULL; // for the sizes of its arrays' elements
    return n * sizeof *c->code + n / K_GROUP * (sizeof *c->scale + sizeof *c->scaled_sum) + n / 16 * sizeof *c->sum +
           n_fine * sizeof *c->fine + n_fine / 16 * sizeof *c->fine_sum;
}

/* No memory for no values. */
static bool alloc_array(void *pointer, size_t n_bytes)
{
    void **const p = pointer;
    *p = n_bytes > 0 ? mem_big_alloc(n_bytes) : NULL;
    return n_bytes == 0 || *p != NULL;
}

bool codes_alloc(code_rows *c, size_t n, size_t n_fine)
{
    *c = (code_rows){0};
    if (alloc_array(&c->code, n) && alloc_array(&c->scale, n / K_GROUP * sizeof *c->scale) &&
        alloc_array(&c->sum, n / 16 * sizeof *c->sum) &&
        alloc_array(&c->scaled_sum, n / K_GROUP * sizeof *c->scaled_sum) && alloc_array(&c->fine, n_fine) &&
        alloc_array(&c->fine_sum, n_fine / 16 * sizeof *c->fine_sum))
        return true;
    codes_free(c, n, n_fine);
    return false;
}

void codes_free(code_rows *c, size_t n, size_t n_fine)
{
    mem_big_free(c->code, n);
    mem_big_free(c->scale, n / K_GROUP * sizeof *c->scale);
    mem_big_free(c->sum, n / 16 * sizeof *c->sum);
    mem_big_free(c->scaled_sum, n / K_GROUP * sizeof *c->scaled_sum);
    mem_big_free(c->fine, n_fine);
    mem_big_free(c->fine_sum, n_fine / 16 * sizeof *c->fine_sum);
    *c = (code_rows){0};
}
