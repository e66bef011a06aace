/* ngrams.c - counts distinct runs by sorting them. */
#include "figures/ngrams.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* n-grams, shorter ones with zeros after them. */
typedef struct gram {
    uint32_t ids[REP_N_MAX];
} gram;

static int compare_grams(const void *a, const void *b)
{
    const gram *const x = a;
    const gram *const y = b;
    for (int i = 0; i < REP_N_MAX; i++) {
        if (x->ids[i] != y->ids[i])
            return x->ids[i] < y->ids[i] ? -1 : 1;
    }
    return 0;
}

/* 1 - distinct / all grams of `length` units; `scratch` has room for n of them. */
static double repeated_grams(const uint32_t *ids, size_t n, size_t length, gram *scratch)
{
    if (n <= length)
        return 0;
    const size_t n_grams = n - length + 1;
    for (size_t i = 0; i < n_grams; i++) {
        scratch[i] = (gram){{0}};
        memcpy(scratch[i].ids, ids + i, length * sizeof *ids);
    }
    qsort(scratch, n_grams, sizeof *scratch, compare_grams);
    size_t n_distinct = 1;
    for (size_t i = 1; i < n_grams; i++)
        n_distinct += compare_grams(&scratch[i - 1], &scratch[i]) != 0;
    return 1 - (double)n_distinct / (double)n_grams;
}

bool ngrams_repeated(const uint32_t *ids, size_t n_ids, double out[REP_N_MAX])
{
    gram *const scratch = mem_calloc(n_ids + 1, sizeof *scratch);
    if (scratch == NULL)
        return false;
    for (size_t length = 1; length <= REP_N_MAX; length++)
        out[length - 1] = repeated_grams(ids, n_ids, length, scratch);
    mem_free(scratch);
    return true;
}
