/* steady_slope.c - blocks of samples, and the slope of their medians. */
#include "figures/stress/steady_slope.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "figures/compare.h"
#include "figures/stats.h"
#include "figures/trend_test.h"

/* Fills the blocks' middles and medians; `scratch` has room for n values.  Returns how many blocks there are. */
static size_t fill_blocks(const double *x, const double *y, size_t n, double *scratch, double *block_x, double *block_y)
{
    const size_t n_blocks = n < STEADY_BLOCKS ? n : STEADY_BLOCKS;
    for (size_t i = 0; i < n_blocks; i++) {
        const size_t begin = i * n / n_blocks, end = (i + 1) * n / n_blocks;
        memcpy(scratch, y + begin, (end - begin) * sizeof *y);
        block_y[i] = stats_of(scratch, end - begin).p50;
        block_x[i] = (x[begin] + x[end - 1]) / 2;
    }
    return n_blocks;
}

static sw_code test_blocks(const double *x, const double *y, size_t n, steady_slope *out, sw_err *err)
{
    trend all, late;
    mann_kendall rank;
    sw_code code = trend_of(x, y, n, &all, err);
    if (code == SW_OK)
        code = trend_of(x + n / 2, y + n / 2, n - n / 2, &late, err);
    if (code == SW_OK)
        code = mann_kendall_of(y, n, &rank, err);
    if (code != SW_OK)
        return code;
    out->slope = all.slope;
    out->range = all.range;
    out->late = late.slope;
    out->p_rise = rank.s > 0 ? rank.p_value / 2 : 1 - rank.p_value / 2;
    out->p_fall = rank.s < 0 ? rank.p_value / 2 : 1 - rank.p_value / 2;
    return SW_OK;
}

sw_code steady_slope_of(const double *x, const double *y, size_t n, double skipped, steady_slope *out, sw_err *err)
{
    size_t first = 0;
    while (first < n && x[first] < x[0] + skipped * (x[n - 1] - x[0]))
        first++;
    *out = (steady_slope){.n = n - first,
                          .slope = NAN,
                          .range = {NAN, NAN},
                          .late = NAN,
                          .level = NAN,
                          .p_rise = NAN,
                          .p_fall = NAN,
                          .begin_x = NAN,
                          .end_x = NAN};
    if (out->n < STEADY_BLOCKS_MIN)
        return SW_OK;
    double *const scratch = mem_calloc(out->n, sizeof *scratch);
    if (scratch == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the slope of %zu samples", n);
    double block_x[STEADY_BLOCKS], block_y[STEADY_BLOCKS];
    out->n_blocks = fill_blocks(x + first, y + first, out->n, scratch, block_x, block_y);
    memcpy(scratch, y + first, out->n * sizeof *scratch);
    out->level = stats_of(scratch, out->n).p50;
    out->begin_x = x[first];
    out->end_x = x[n - 1];
    mem_free(scratch);
    return test_blocks(block_x, block_y, out->n_blocks, out, err);
}

bool steady_slope_rises(const steady_slope *s, double bound)
{
    return s->range.low > 0 && s->slope > bound && s->late > bound;
}
