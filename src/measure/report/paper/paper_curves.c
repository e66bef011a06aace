/* paper_curves.c - drawings of times: tokens of each answer, gaps of each model. */
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "figures/gaps.h"
#include "report/paper/paper_draw.h"

enum {
    LINES_MAX = 20,  // of one drawing: as many names fit beside it
    POINTS_MAX = 400 // of one line
};

static sw_code out_of_memory(sw_err *err)
{
    return sw_fail(err, SW_ENOMEM, "out of memory drawing a figure");
}

/* Returns true if the line through the answer's arrivals can be drawn. */
static bool is_drawn(const summary_row *row)
{
    return row->test->repeat == 0 && row->test->answer.status == TEST_COMPLETED && row->test->answer.n_arrivals > 1;
}

/* ---- tokens over time -------------------------------------------------------------------------------------------- */

/* The moments of the answers of `s` after each other; *starts has one more than there are lines. */
typedef struct curves {
    weighted_value *moments;
    size_t starts[LINES_MAX + 1];
    const test_record *tests[LINES_MAX];
    size_t n;
    double t_max_s, n_max;
} curves;

static sw_code curves_of(const run_summary *s, curves *c, sw_err *err)
{
    size_t n_all = 0;
    *c = (curves){0};
    for (size_t i = 0; i < s->n_rows; i++)
        n_all += is_drawn(&s->rows[i]) ? s->rows[i].test->answer.n_arrivals : 0;
    c->moments = mem_calloc(n_all + 1, sizeof *c->moments);
    if (c->moments == NULL)
        return out_of_memory(err);
    for (size_t i = 0; i < s->n_rows && c->n < LINES_MAX; i++) {
        if (!is_drawn(&s->rows[i]))
            continue;
        weighted_value *const own = c->moments + c->starts[c->n];
        const size_t n = gaps_moments(&s->rows[i].test->answer, own);
        double t_ms = 0, n_tokens = 0;
        for (size_t k = 0; k < n; k++) {
            t_ms += own[k].value;
            n_tokens += (double)own[k].weight;
        }
        c->t_max_s = fmax(c->t_max_s, t_ms / 1000);
        c->n_max = fmax(c->n_max, n_tokens);
        c->tests[c->n++] = s->rows[i].test;
        c->starts[c->n] = c->starts[c->n - 1] + n;
    }
    return SW_OK;
}

static void put_curve(buf *out, const svg_plot *plot, const curves *c, size_t i)
{
    const weighted_value *const own = c->moments + c->starts[i];
    const size_t n = c->starts[i + 1] - c->starts[i], step = n / POINTS_MAX + 1;
    double t_ms = 0, n_tokens = 0;
    svg_path_begin(out, i);
    for (size_t k = 0; k < n; k++) {
        t_ms += own[k].value;
        n_tokens += (double)own[k].weight;
        if (k % step == 0 || k + 1 == n)
            svg_path_point(out, plot, t_ms / 1000, n_tokens);
    }
    svg_path_end(out);
    svg_legend(out, plot, i, c->tests[i]->plan.name);
}

sw_code paper_draw_token_time(buf *out, const paper_about *about, const paper_models *models, const paper_model *model,
                              sw_err *err)
{
    (void)models;
    curves c;
    const sw_code code = curves_of(&model->subject->modes[MODE_STREAM], &c, err);
    if (code == SW_OK && c.n > 0 && c.t_max_s > 0 && c.n_max > 0) {
        svg_plot plot = PAPER_FRAME;
        plot.x_max = c.t_max_s;
        plot.y_max = c.n_max;
        paper_begin(out, about, model, PAPER_HEIGHT);
        svg_axes(out, &plot, "seconds since the request was written", "tokens");
        for (size_t i = 0; i < c.n; i++)
            put_curve(out, &plot, &c, i);
        svg_end(out);
    }
    mem_free(c.moments);
    return code;
}

/* ---- distribution of gaps ---------------------------------------------------------------------------------------- */

typedef struct gap_list {
    weighted_value *values; // ascending, all above 0
    size_t n;
    double n_tokens;
} gap_list;

static int by_value(const void *a, const void *b)
{
    const double x = ((const weighted_value *)a)->value, y = ((const weighted_value *)b)->value;
    return (x > y) - (x < y);
}

static sw_code gaps_of(const run_summary *s, gap_list *g, sw_err *err)
{
    size_t n_all = 0;
    *g = (gap_list){0};
    for (size_t i = 0; i < s->n_rows; i++)
        n_all += s->rows[i].test->answer.n_arrivals;
    g->values = mem_calloc(n_all + 1, sizeof *g->values);
    if (g->values == NULL)
        return out_of_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        if (s->rows[i].test->answer.status == TEST_COMPLETED)
            n += gaps_per_token(&s->rows[i].test->answer, g->values + n);
    }
    for (size_t i = 0; i < n; i++) {
        if (g->values[i].value <= 0)
            continue;
        g->n_tokens += (double)g->values[i].weight;
        g->values[g->n++] = g->values[i];
    }
    qsort(g->values, g->n, sizeof *g->values, by_value);
    return SW_OK;
}

static void put_distribution(buf *out, const svg_plot *plot, const gap_list *g, size_t i)
{
    double n_tokens = 0, next = 0; // share of the tokens at which the next point is drawn
    svg_path_begin(out, i);
    for (size_t k = 0; k < g->n; k++) {
        n_tokens += (double)g->values[k].weight;
        const double share = n_tokens / g->n_tokens;
        if (share < next && k + 1 < g->n)
            continue;
        svg_path_point(out, plot, g->values[k].value, 100 * share);
        next = share + 1.0 / POINTS_MAX;
    }
    svg_path_end(out);
}

static void put_distributions(buf *out, const paper_about *about, const paper_models *models, const gap_list *lists)
{
    svg_plot plot = PAPER_FRAME;
    plot.is_log = true;
    plot.x_min = INFINITY;
    plot.y_max = 100;
    for (size_t i = 0; i < models->n && i < LINES_MAX; i++) {
        if (lists[i].n == 0)
            continue;
        plot.x_min = fmin(plot.x_min, lists[i].values[0].value);
        plot.x_max = fmax(plot.x_max, lists[i].values[lists[i].n - 1].value);
    }
    if (!(plot.x_max > 0))
        return;
    plot.x_max = fmax(plot.x_max, plot.x_min * 1.1);
    svg_begin(out, PAPER_WIDTH, PAPER_HEIGHT, about->title, about->definition);
    svg_axes(out, &plot, "milliseconds between two tokens", "% of the tokens that took at most as long");
    for (size_t i = 0; i < models->n && i < LINES_MAX; i++) {
        if (lists[i].n > 0)
            put_distribution(out, &plot, &lists[i], i);
        paper_legend(out, &plot, models, i);
    }
    svg_end(out);
}

sw_code paper_draw_latency(buf *out, const paper_about *about, const paper_models *models, const paper_model *model,
                           sw_err *err)
{
    (void)model;
    gap_list lists[LINES_MAX] = {0};
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < models->n && i < LINES_MAX; i++)
        code = gaps_of(&models->items[i].subject->modes[MODE_STREAM], &lists[i], err);
    if (code == SW_OK)
        put_distributions(out, about, models, lists);
    for (size_t i = 0; i < LINES_MAX; i++)
        mem_free(lists[i].values);
    return code;
}
