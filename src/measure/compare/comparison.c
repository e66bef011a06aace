/* comparison.c - refuses, pairs, measures, judges. */
#include "compare/comparison.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "compare/alike_runs.h"
#include "figures/run_status.h"

enum { REASON_BYTES_MAX = 1 << 20 };

#define OUTCOME_NAME(name, text) text,
const char *comparison_outcome_name(comparison_outcome outcome)
{
    static const char *const NAMES[] = {COMPARISON_OUTCOMES(OUTCOME_NAME)};
    return NAMES[outcome];
}
#undef OUTCOME_NAME

/* ---- whether they may be compared -------------------------------------------------------------------------------- */

/* Figures of such a run are kept and never ranked. */
static void check_status(const run_record *run, const char *name, buf *reasons)
{
    const int status = run_status_from_name(run->info.status);
    if (status >= 0 && status != RUN_INVALID && status != RUN_ABORTED)
        return;
    buf_printf(reasons, "%s is %s", name, status < 0 ? "not finished" : run_status_name((run_status)status));
    const size_t n = strcspn(run->info.reasons, "\n");
    if (n > 0)
        buf_printf(reasons, ": %.*s", (int)(n < 400 ? n : 400), run->info.reasons);
    buf_putc(reasons, '\n');
}

bool comparison_has_hidden_difference(const comparison *c)
{
    return c->options.is_shared && strcmp(c->a->run->info.fingerprint, c->b->run->info.fingerprint) != 0;
}

bool comparison_is_emulated(const comparison *c)
{
    return run_is_emulated(c->a->run) || run_is_emulated(c->b->run);
}

bool comparison_is_of_unlike_kinds(const comparison *c)
{
    return (c->a->run->n_stages > 0) != (c->b->run->n_stages > 0);
}

static sw_code check_hidden(comparison *c, sw_err *err)
{
    bool is_hidden = false;
    sw_code code = SW_OK;
    if (c->options.is_shared)
        code = differ_unseen(c->a->run, c->b->run, c->options.knob, &is_hidden, err);
    if (is_hidden)
        buf_puts(&c->reasons, "their fingerprints differ: something that a shared file does not hold (settings, "
                              "placement, threads, context) is not the same\n");
    return code;
}

static sw_code check_alike(comparison *c, sw_err *err)
{
    if (comparison_is_of_unlike_kinds(c))
        buf_printf(&c->reasons, "BASE is a %s and NEW a %s: unlike things\n", run_kind_name(c->a->run),
                   run_kind_name(c->b->run));
    sw_code code = alike_runs(c->a->run, c->b->run, c->options.knob, &c->differences, err);
    if (code == SW_OK)
        code = changes_of_runs(c->a->run, c->b->run, &c->changes, err);
    if (code == SW_OK)
        code = check_hidden(c, err);
    for (size_t i = 0; code == SW_OK && i < c->differences.n; i++) {
        const run_difference *const d = &c->differences.items[i];
        buf_printf(&c->reasons, "they differ in %s: %s and %s\n", d->part, d->a, d->b);
    }
    check_status(c->a->run, "BASE", &c->reasons);
    check_status(c->b->run, "NEW", &c->reasons);
    if (code == SW_OK && c->reasons.failed != SW_OK)
        return sw_fail(err, c->reasons.failed, "out of memory comparing two runs");
    return code;
}

/* ---- what changed ------------------------------------------------------------------------------------------------ */

static sw_code add_row(comparison *c, change_row row, const value_pair *values, size_t n, sw_err *err)
{
    if (n == 0)
        return SW_OK;
    row.allowed = c->options.limits.allowed[row.metric];
    const bool is_relative = COMPARE_METRIC_ROWS[row.metric].is_relative;
    const sw_code code = paired_change_of(values, n, is_relative, c->options.n_draws, &row.change, err);
    if (code != SW_OK || row.change.n == 0)
        return code;
    if (!mem_grow(&c->rows, &c->cap_rows, c->n_rows + 1, sizeof *c->rows))
        return sw_fail(err, SW_ENOMEM, "out of memory comparing two runs");
    c->rows[c->n_rows++] = row;
    return SW_OK;
}

/* The pairs of one model and mode; `values` has a place for each. */
typedef struct mode_group {
    const test_pair *pairs;
    size_t n;
    value_pair *values;
} mode_group;

static size_t fill_values(const comparison *c, const mode_group *g, compare_metric metric)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++) {
        const test_pair *const p = &g->pairs[i];
        if (p->a->test->answer.status != TEST_COMPLETED || p->b->test->answer.status != TEST_COMPLETED)
            continue;
        const value_pair v = {compare_metric_of(metric, c->a->run, p->a), compare_metric_of(metric, c->b->run, p->b),
                              p->test};
        if (!isnan(v.a) && !isnan(v.b))
            g->values[n++] = v;
    }
    return n;
}

static const test_record *test_of(const mode_group *g, int test)
{
    size_t i = 0;
    while (g->pairs[i].test != test)
        i++;
    return g->pairs[i].a->test;
}

/* Over all tests, and if there are several in each; the questions of a stage are many. */
static sw_code measure_metric(comparison *c, const mode_group *g, compare_metric metric, sw_err *err)
{
    const size_t n = fill_values(c, g, metric);
    change_row row = {.subject = g->pairs[0].subject,
                      .stage = g->pairs[0].stage,
                      .mode = g->pairs[0].a->test->mode,
                      .metric = metric};
    sw_code code = add_row(c, row, g->values, n, err);
    const bool has_several = n > 0 && row.stage < 0 && g->values[0].test != g->values[n - 1].test;
    for (size_t begin = 0, end; has_several && code == SW_OK && begin < n; begin = end) {
        for (end = begin; end < n && g->values[end].test == g->values[begin].test; end++) {
        }
        row.test = test_of(g, g->values[begin].test);
        code = add_row(c, row, g->values + begin, end - begin, err);
    }
    return code;
}

static bool is_same_group(const test_pair *a, const test_pair *b)
{
    return a->subject == b->subject && a->stage == b->stage && a->a->test->mode == b->a->test->mode;
}

static bool is_speed(compare_metric metric)
{
    return COMPARE_METRIC_ROWS[metric].scope == SCOPE_TEST && COMPARE_METRIC_ROWS[metric].is_relative;
}

static sw_code measure_tests(comparison *c, sw_err *err)
{
    const bool is_emulated = comparison_is_emulated(c);
    value_pair *const values = mem_calloc(c->pairs.n + 1, sizeof *values);
    if (values == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory comparing %zu tests", c->pairs.n);
    sw_code code = SW_OK;
    for (size_t begin = 0, end; code == SW_OK && begin < c->pairs.n; begin = end) {
        const test_pair *const first = &c->pairs.items[begin];
        for (end = begin; end < c->pairs.n && is_same_group(first, &c->pairs.items[end]); end++) {
        }
        const mode_group g = {first, end - begin, values};
        for (int m = 0; code == SW_OK && m < N_COMPARE_METRICS; m++) {
            if (compare_metric_is_of((compare_metric)m, first->a->test->mode) &&
                !(is_emulated && is_speed((compare_metric)m)))
                code = measure_metric(c, &g, (compare_metric)m, err);
        }
    }
    mem_free(values);
    return code;
}

/* One value of each run: the interval is the difference itself. */
static sw_code measure_models(comparison *c, sw_err *err)
{
    sw_code code = SW_OK;
    for (size_t s = 0; s < c->b->n_subjects; s++) {
        const int subject = c->pairs.subject_of_a[s];
        for (int m = 0; code == SW_OK && subject >= 0 && m < N_COMPARE_METRICS; m++) {
            if (COMPARE_METRIC_ROWS[m].scope != SCOPE_MODEL || (m == COMPARE_SUSTAINED && comparison_is_emulated(c)))
                continue;
            const value_pair v = {compare_metric_of_model((compare_metric)m, c->a->run, &c->a->subjects[subject]),
                                  compare_metric_of_model((compare_metric)m, c->b->run, &c->b->subjects[s]), 0};
            const size_t n_before = c->n_rows;
            code = add_row(c, (change_row){.subject = subject, .stage = -1, .metric = (compare_metric)m}, &v, 1, err);
            for (size_t i = n_before; i < c->n_rows; i++)
                c->rows[i].change.range = (interval){c->rows[i].change.difference, c->rows[i].change.difference};
        }
    }
    return code;
}

/* ---- the outcome ------------------------------------------------------------------------------------------------- */

bool comparison_count_is_regression(const comparison *c, compare_metric metric)
{
    return (double)c->n_exact[metric] > c->options.limits.allowed[metric]; // never, if that is NAN
}

int comparison_count_regressions(const comparison *c)
{
    int n = 0;
    for (size_t i = 0; i < c->n_rows; i++)
        n += c->rows[i].is_regression;
    for (int m = 0; m < N_COMPARE_METRICS; m++)
        n += COMPARE_METRIC_ROWS[m].scope == SCOPE_COUNT && comparison_count_is_regression(c, (compare_metric)m);
    return n;
}

/* Returns true if there is an interval for the times of at least one model and mode, or a verdict that could have
 * changed; where times mean nothing, if any tests are pairs. */
static bool is_judged(const comparison *c)
{
    if (comparison_is_emulated(c))
        return c->pairs.n > 0;
    if (c->exact.n_compared[COMPARE_VERDICTS] > 0)
        return true;
    for (size_t i = 0; i < c->n_rows; i++) {
        const change_row *const row = &c->rows[i];
        if (is_speed(row->metric) && row->test == NULL && !isnan(row->change.range.low))
            return true;
    }
    return false;
}

static sw_code compare_all(comparison *c, sw_err *err)
{
    const char *const knob = c->options.knob;
    const bool is_loose = knob != NULL && (strcmp(knob, "settings") == 0 || strcmp(knob, "protocol") == 0);
    sw_code code = test_pairs_of(c->a, c->b, is_loose, &c->pairs, err);
    if (code == SW_OK)
        code = measure_tests(c, err);
    if (code == SW_OK)
        code = measure_models(c, err);
    if (code == SW_OK)
        code = change_rows_judge(c->rows, c->n_rows, err);
    if (code == SW_OK)
        code = exact_changes_of(&c->pairs, c->a->run, c->b->run, &c->exact, err);
    if (code == SW_OK)
        code = verdict_pairs_of(c->a, c->b, c->pairs.subject_of_a, &c->verdicts, err);
    if (code == SW_OK)
        code = verdict_changes_of(&c->verdicts, &c->exact, err);
    for (size_t i = 0; i < c->exact.n; i++)
        c->n_exact[c->exact.items[i].metric]++;
    c->outcome = comparison_count_regressions(c) > 0 ? COMPARISON_REGRESSED
                 : is_judged(c)                      ? COMPARISON_OK
                                                     : COMPARISON_INCONCLUSIVE;
    return code;
}

sw_code comparison_of(const run_analysis *a, const run_analysis *b, const comparison_options *options, comparison *out,
                      sw_err *err)
{
    *out = (comparison){.a = a, .b = b, .options = *options, .outcome = COMPARISON_REFUSED};
    buf_init(&out->reasons, REASON_BYTES_MAX);
    const sw_code code = check_alike(out, err);
    if (code != SW_OK || comparison_is_of_unlike_kinds(out) || (out->reasons.size > 0 && !options->is_forced))
        return code;
    return compare_all(out, err);
}

void comparison_free(comparison *c)
{
    run_differences_free(&c->differences);
    run_differences_free(&c->changes);
    buf_free(&c->reasons);
    test_pairs_free(&c->pairs);
    exact_changes_free(&c->exact);
    verdict_pairs_free(&c->verdicts);
    mem_free(c->rows);
    *c = (comparison){0};
}
