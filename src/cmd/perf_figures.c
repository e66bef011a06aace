/* perf_figures.c - shares are computed within a repetition, and only then summed up. */
#include "cmd/perf_figures.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

perf_figures perf_figures_of(const perf *p, const perf_row *row)
{
    perf_figures f = {.n = (size_t)p->n_repeat};
    for (size_t i = 0; i < f.n; i++) {
        f.rate[i] = row->rate[i];
        f.limit[i] = row->limit[i];
        f.used[i] = row->rate[i] * row->work;
        f.share[i] = f.used[i] / row->limit[i];
    }
    return f;
}

/* stats_of sorts, so the figures are a copy. */
perf_spread perf_spread_of(const perf *p, const perf_row *row)
{
    perf_figures f = perf_figures_of(p, row);
    const size_t n_known = isnan(row->work) ? 0 : f.n;
    return (perf_spread){.rate = stats_of(f.rate, f.n),
                         .used = stats_of(f.used, n_known),
                         .limit = stats_of(f.limit, f.n),
                         .share = stats_of(f.share, n_known)};
}

const char *perf_unit(const perf_row *row)
{
    return row->is_prompt ? "G multiply-adds/s" : "GB/s read";
}

const char *perf_test_name(const perf_row *row)
{
    return row->is_prompt ? "prompt" : "generation";
}

const char *perf_show_bytes(double n, perf_bytes_text out)
{
    const bool is_large = n >= 1e8;
    snprintf(out, sizeof(perf_bytes_text), is_large ? "%.3f GB" : "%.3f MB", n / (is_large ? 1e9 : 1e6));
    return out;
}
