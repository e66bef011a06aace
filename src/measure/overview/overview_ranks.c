/* overview_ranks.c - in each group the best of every metric, and who is surely behind it.
 *
 * The best is chosen by the same figures that are then compared with the others', so that each pair of entries could
 * have been the one that is tested: p-values count all pairs of a group, and Holm's correction all metrics and groups.
 */
#include <math.h>

#include "base/alloc.h"
#include "figures/compare.h"
#include "overview/overview_parts.h"

enum { GAP_DRAWS = 1000 };

static const double P_MAX = 0.05, CHANGE_SAME_WITHIN = 0.02; // the latter is that of change_of

bool overview_has_metric(compare_metric metric)
{
    return COMPARE_METRIC_ROWS[metric].scope == SCOPE_TEST && metric != COMPARE_CONSISTENCY &&
           compare_metric_is_of(metric, MODE_STREAM);
}

static bool is_in(const overview_entry *e, int group, compare_metric metric)
{
    return e->group == group && e->figures[metric].n > 0;
}

/* How many entries of the group have the metric. */
static size_t overview_count(const overview *o, int group, compare_metric metric)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_entries; i++)
        n += is_in(&o->entries[i], group, metric);
    return n;
}

const overview_entry *overview_best(const overview *o, int group, compare_metric metric)
{
    for (size_t i = 0; i < o->n_entries; i++) {
        if (o->entries[i].group == group && o->entries[i].figures[metric].is_best)
            return &o->entries[i];
    }
    return NULL;
}

bool overview_is_sure(const overview *o, int group, compare_metric metric)
{
    for (size_t i = 0; i < o->n_entries; i++) {
        const overview_figure *const f = &o->entries[i].figures[metric];
        if (is_in(&o->entries[i], group, metric) && !f->is_best && !f->is_behind)
            return false;
    }
    return overview_best(o, group, metric) != NULL;
}

const char *overview_verdict(const overview *o, const overview_entry *e, compare_metric metric)
{
    const overview_figure *const f = &e->figures[metric];
    if (f->n == 0)
        return "";
    if (e->group < 0)
        return "not ranked";
    if (overview_best(o, e->group, metric) == NULL)
        return "alone";
    if (f->is_best)
        return overview_is_sure(o, e->group, metric) ? "best" : "not surely best";
    return f->is_behind ? "behind" : "not told apart";
}

/* ---- pairs ------------------------------------------------------------------------------------------------------- */

static int order(const overview_value *a, const overview_value *b)
{
    return a->test != b->test ? a->test - b->test : a->repeat - b->repeat;
}

/* Answers to the same test and repetition; both lists are sorted by these. */
static size_t pair_up(const overview_entry *a, const overview_entry *b, compare_metric metric, value_pair *out)
{
    size_t n = 0, i = 0, k = 0;
    while (i < a->n_values && k < b->n_values) {
        const int found = order(&a->values[i], &b->values[k]);
        if (found == 0)
            out[n++] = (value_pair){a->values[i].v[metric], b->values[k].v[metric], a->values[i].test};
        i += found <= 0;
        k += found >= 0;
    }
    return n;
}

static sw_code measure_gap(const overview_entry *best, overview_entry *e, compare_metric metric, double n_rivals,
                           sw_err *err)
{
    overview_figure *const f = &e->figures[metric];
    value_pair *const pairs = mem_calloc(e->n_values + 1, sizeof *pairs);
    if (pairs == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory comparing several runs");
    const size_t n = pair_up(best, e, metric, pairs);
    const sw_code code = paired_change_of(pairs, n, COMPARE_METRIC_ROWS[metric].is_relative, GAP_DRAWS, &f->gap, err);
    f->p_value = f->gap.is_equal ? NAN : fmin(1, f->gap.p_value * n_rivals / 2);
    mem_free(pairs);
    return code;
}

/* ---- judgement --------------------------------------------------------------------------------------------------- */

static overview_entry *find_best(overview *o, int group, compare_metric metric)
{
    overview_entry *best = NULL;
    for (size_t i = 0; i < o->n_entries; i++) {
        overview_entry *const e = &o->entries[i];
        if (!is_in(e, group, metric))
            continue;
        const double ahead = best != NULL ? e->figures[metric].median - best->figures[metric].median : 0;
        if (best == NULL || (COMPARE_METRIC_ROWS[metric].higher_is_better ? ahead > 0 : ahead < 0))
            best = e;
    }
    return best;
}

static sw_code measure_group(overview *o, int group, compare_metric metric, sw_err *err)
{
    const size_t n = overview_count(o, group, metric);
    overview_entry *const best = n > 1 ? find_best(o, group, metric) : NULL;
    if (best == NULL)
        return SW_OK;
    best->figures[metric].is_best = true;
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < o->n_entries; i++) {
        if (is_in(&o->entries[i], group, metric) && &o->entries[i] != best)
            code = measure_gap(best, &o->entries[i], metric, (double)n, err);
    }
    return code;
}

static sw_code correct(overview *o, sw_err *err)
{
    const size_t n = o->n_entries * N_COMPARE_METRICS;
    double *const p_values = mem_calloc(n + 1, sizeof *p_values);
    if (p_values == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory comparing several runs");
    for (size_t i = 0; i < n; i++)
        p_values[i] = o->entries[i / N_COMPARE_METRICS].figures[i % N_COMPARE_METRICS].p_value;
    const sw_code code = holm_correct(p_values, n, err);
    for (size_t i = 0; i < n; i++)
        o->entries[i / N_COMPARE_METRICS].figures[i % N_COMPARE_METRICS].p_value = p_values[i];
    mem_free(p_values);
    return code;
}

/* Further from the best than what counts as the same, and not by chance. */
static bool is_behind(const overview_figure *f, compare_metric metric)
{
    const compare_metric_row *const row = &COMPARE_METRIC_ROWS[metric];
    const double scale = CHANGE_SAME_WITHIN / row->same_within * (row->is_relative ? 100 : 1);
    const interval range = {scale * f->gap.range.low, scale * f->gap.range.high};
    return f->p_value < P_MAX && change_of(range, row->higher_is_better) == CHANGE_WORSE;
}

sw_code overview_rank(overview *o, sw_err *err)
{
    sw_code code = SW_OK;
    for (int group = 0; group < o->n_groups; group++) {
        for (int m = 0; code == SW_OK && m < N_COMPARE_METRICS; m++) {
            if (overview_has_metric((compare_metric)m))
                code = measure_group(o, group, (compare_metric)m, err);
        }
    }
    if (code == SW_OK)
        code = correct(o, err);
    for (size_t i = 0; code == SW_OK && i < o->n_entries; i++) {
        for (int m = 0; m < N_COMPARE_METRICS; m++) {
            overview_figure *const f = &o->entries[i].figures[m];
            f->is_behind = !f->is_best && is_behind(f, (compare_metric)m);
        }
    }
    return code;
}
