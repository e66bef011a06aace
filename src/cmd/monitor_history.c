/* monitor_history.c - a ring of samples. */
#include "cmd/monitor_history.h"

#include <math.h>

void monitor_history_add(monitor_history *h, double t_s, const sample_values *values)
{
    const size_t i = h->n % MONITOR_HISTORY;
    h->t_s[i] = t_s;
    h->values[i] = *values;
    h->n++;
}

/* Of sample i, counted from the first ever added; NAN if it is not kept. */
static double value_at(const monitor_history *h, const monitor_row *row, size_t i)
{
    if (i >= h->n || i + MONITOR_HISTORY < h->n)
        return NAN;
    const size_t now = i % MONITOR_HISTORY, before = (i + MONITOR_HISTORY - 1) % MONITOR_HISTORY;
    const bool has_before = i > 0 && i - 1 + MONITOR_HISTORY >= h->n;
    return monitor_row_value(row, has_before ? &h->values[before] : NULL, &h->values[now],
                             has_before ? h->t_s[now] - h->t_s[before] : NAN, h->n_cores);
}

double monitor_history_latest(const monitor_history *h, const monitor_row *row)
{
    return h->n > 0 ? value_at(h, row, h->n - 1) : NAN;
}

void monitor_history_bins(const monitor_history *h, const monitor_row *row, size_t n_per_bin, size_t n_bins,
                          double out[MONITOR_BINS_MAX])
{
    const size_t n_ever = (h->n + n_per_bin - 1) / n_per_bin; // the last one may be incomplete
    for (size_t b = 0; b < n_bins; b++) {
        out[b] = NAN;
        if (b + n_ever < n_bins)
            continue; // before the first sample
        const size_t first = (b + n_ever - n_bins) * n_per_bin;
        for (size_t i = first; i < first + n_per_bin; i++)
            out[b] = fmax(out[b], value_at(h, row, i));
    }
}
