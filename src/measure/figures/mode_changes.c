/* mode_changes.c - pairs of tests, and their figures as logarithms: differences of these are relative. */
#include "figures/mode_changes.h"

#include <math.h>

#include "base/alloc.h"
#include "figures/equality.h"

enum { SIGN_DRAWS = 9999 };
static const double SIGNIFICANT = 0.05;

static const struct {
    const char *name, *unit;
    bool higher_is_better;
    size_t figure;
} FIGURES[N_CHANGE_FIGURES] = {
    {"decode", "tok/s", true, offsetof(test_metrics, decode_tps)},
    {"overall", "tok/s", true, offsetof(test_metrics, overall_tps)},
    {"prefill", "tok/s", true, offsetof(test_metrics, prefill_tps)},
    {"first token", "ms", false, offsetof(test_metrics, ttft_ms)},
    {"gap p50", "ms", false, offsetof(test_metrics, itl_ms) + offsetof(sample_stats, p50)},
    {"total", "ms", false, offsetof(test_metrics, e2e_ms)},
};

/* Logarithms of one figure of all pairs, and their differences. */
typedef struct pairs {
    size_t n;
    double *a, *b, *differences;
} pairs;

static void collect(const run_summary *a, const run_summary *b, size_t figure, pairs *out)
{
    out->n = 0;
    for (size_t i = 0; i < b->n_rows; i++) {
        if (b->rows[i].test->answer.status != TEST_COMPLETED)
            continue;
        const summary_row *const partner = answer_partner(a, b->rows[i].test, b->rows[i].test->repeat);
        const double of_a = partner != NULL ? metrics_figure(&partner->metrics, figure) : NAN;
        const double of_b = metrics_figure(&b->rows[i].metrics, figure);
        if (!(of_a > 0 && of_b > 0))
            continue;
        out->a[out->n] = log(of_a);
        out->b[out->n] = log(of_b);
        out->differences[out->n] = out->b[out->n] - out->a[out->n];
        out->n++;
    }
}

static sw_code measure(pairs *p, uint64_t seed, figure_change *c, sw_err *err)
{
    interval logs = {NAN, NAN};
    sw_code code = SW_OK;
    c->n = p->n;
    if (p->n >= CHANGE_PAIRS_MIN) {
        code = bootstrap_paired(p->a, p->b, p->n, figure_median, BOOTSTRAP_DRAWS, seed, &logs, err);
        c->p_value = permutation_paired_p_value(p->differences, p->n, SIGN_DRAWS, seed);
    }
    c->a = exp(figure_median(p->a, p->n));
    c->b = exp(figure_median(p->b, p->n));
    c->relative = c->b / c->a - 1;
    c->range = (interval){exp(logs.low) - 1, exp(logs.high) - 1};
    return code;
}

/* All figures are tried at once, so that one of them differs by chance more easily than one alone. */
static sw_code judge(figure_change out[N_CHANGE_FIGURES], sw_err *err)
{
    double p_values[N_CHANGE_FIGURES];
    for (int i = 0; i < N_CHANGE_FIGURES; i++)
        p_values[i] = out[i].p_value;
    const sw_code code = holm_correct(p_values, N_CHANGE_FIGURES, err);
    for (int i = 0; code == SW_OK && i < N_CHANGE_FIGURES; i++) {
        out[i].p_value = p_values[i];
        out[i].verdict = change_of(out[i].range, out[i].higher_is_better);
        if (out[i].verdict != CHANGE_SAME && !(p_values[i] <= SIGNIFICANT))
            out[i].verdict = CHANGE_UNCLEAR;
    }
    return code;
}

sw_code mode_changes_of(const run_summary *a, const run_summary *b, uint64_t seed, figure_change out[N_CHANGE_FIGURES],
                        sw_err *err)
{
    const size_t n = b->n_rows + 1;
    pairs p = {.a = mem_calloc(n, sizeof *p.a),
               .b = mem_calloc(n, sizeof *p.b),
               .differences = mem_calloc(n, sizeof *p.differences)};
    sw_code code = SW_OK;
    if (p.a == NULL || p.b == NULL || p.differences == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory comparing %zu tests", b->n_rows);
    for (int i = 0; code == SW_OK && i < N_CHANGE_FIGURES; i++) {
        out[i] = (figure_change){.name = FIGURES[i].name,
                                 .unit = FIGURES[i].unit,
                                 .higher_is_better = FIGURES[i].higher_is_better,
                                 .p_value = NAN};
        collect(a, b, FIGURES[i].figure, &p);
        code = measure(&p, seed, &out[i], err);
    }
    mem_free(p.a);
    mem_free(p.b);
    mem_free(p.differences);
    return code == SW_OK ? judge(out, err) : code;
}
