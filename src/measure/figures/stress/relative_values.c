/* relative_values.c - medians of kinds. */
#include "figures/stress/relative_values.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "figures/stats.h"

static int by_kind(const void *a, const void *b)
{
    const asked_value *const x = a, *const y = b;
    return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind)
                              : (x->value > y->value) - (x->value < y->value);
}

/* values[begin .. end) ascend. */
static double median_of(const asked_value *values, size_t begin, size_t end)
{
    const size_t low = begin + (end - begin - 1) / 2, high = begin + (end - begin) / 2;
    return (values[low].value + values[high].value) / 2;
}

sw_code relative_values(asked_value *values, size_t n, sw_err *err)
{
    double *const all = mem_calloc(n + 1, sizeof *all);
    if (all == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the kinds of %zu requests", n);
    for (size_t i = 0; i < n; i++)
        all[i] = values[i].value;
    const double typical = stats_of(all, n).p50;
    mem_free(all);
    qsort(values, n, sizeof *values, by_kind);
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; end < n && values[end].kind == values[begin].kind; end++) {
        }
        const double median = end - begin >= RELATIVE_MIN ? median_of(values, begin, end) : typical;
        for (size_t i = begin; i < end; i++)
            values[i].value /= median;
    }
    return SW_OK;
}
