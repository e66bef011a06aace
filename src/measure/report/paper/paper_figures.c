/* paper_figures.c - the drawings of a white paper. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "figures/gaps.h"
#include "report/format.h"
#include "report/paper/paper_parts.h"
#include "report/paper/svg.h"

enum {
    WIDTH = 860,
    HEIGHT = 440,
    LINES_MAX = 20,        // of one drawing: as many names fit beside it
    POINTS_MAX = 400,      // of one line
    HEAT_COLUMNS_MAX = 128 // more experts share a column
};

static const svg_plot FRAME = {.left = 64, .top = 32, .width = 560, .height = 350};

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

/* "Title: model". */
static void begin(buf *out, const paper_about *about, const paper_model *model, double height)
{
    buf title;
    buf_init(&title, 65536);
    buf_printf(&title, "%s: %s", about->title, model->subject->subject->name);
    svg_begin(out, WIDTH, height, buf_str(&title), about->definition);
    buf_free_part(&title, out);
}

static sw_code draw_token_time(buf *out, const paper_about *about, const paper_models *models, const paper_model *model,
                               sw_err *err)
{
    (void)models;
    curves c;
    const sw_code code = curves_of(&model->subject->modes[MODE_STREAM], &c, err);
    if (code == SW_OK && c.n > 0 && c.t_max_s > 0 && c.n_max > 0) {
        svg_plot plot = FRAME;
        plot.x_max = c.t_max_s;
        plot.y_max = c.n_max;
        begin(out, about, model, HEIGHT);
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
    svg_plot plot = FRAME;
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
    svg_begin(out, WIDTH, HEIGHT, about->title, about->definition);
    svg_axes(out, &plot, "milliseconds between two tokens", "% of the tokens that took at most as long");
    for (size_t i = 0; i < models->n && i < LINES_MAX; i++) {
        if (lists[i].n > 0)
            put_distribution(out, &plot, &lists[i], i);
        svg_legend(out, &plot, i, models->items[i].subject->subject->name);
    }
    svg_end(out);
}

static sw_code draw_latency(buf *out, const paper_about *about, const paper_models *models, const paper_model *model,
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

/* ---- tokens per second ------------------------------------------------------------------------------------------- */

enum { BAR_HEIGHT = 22, BAR_STEP = 34 };

/* The rate as a bar, and its interval as a whisker. */
static void put_bar(buf *out, const svg_plot *plot, size_t i, const paper_model *model)
{
    const run_summary *const s = &model->subject->modes[MODE_STREAM];
    const double top = plot->top + (double)i * BAR_STEP + 6, middle = top + BAR_HEIGHT / 2.0;
    const double scale = plot->width / plot->x_max;
    char text[CELL_BYTES];
    svg_legend(out, &(svg_plot){.left = plot->left, .width = plot->width, .top = middle - 8 - 18 * (double)i}, i,
               model->subject->subject->name);
    format_number(text, s->decode_tps);
    svg_text(out, plot->left - 6, middle + 4, "end", text);
    if (!isfinite(s->decode_tps))
        return;
    svg_rect(out, plot->left, top, s->decode_tps * scale, BAR_HEIGHT, svg_color(i));
    if (isfinite(s->decode_range.low))
        svg_line(out, plot->left + s->decode_range.low * scale, middle, plot->left + s->decode_range.high * scale,
                 middle, "#111111");
}

static sw_code draw_speed(buf *out, const paper_about *about, const paper_models *models, const paper_model *model,
                          sw_err *err)
{
    (void)model;
    (void)err;
    svg_plot plot = FRAME;
    plot.height = (double)models->n * BAR_STEP;
    for (size_t i = 0; i < models->n; i++) {
        const run_summary *const s = &models->items[i].subject->modes[MODE_STREAM];
        plot.x_max = fmax(plot.x_max, fmax(s->decode_tps, s->decode_range.high));
    }
    if (!(plot.x_max > 0) || !isfinite(plot.x_max))
        return SW_OK;
    svg_begin(out, WIDTH, plot.height + 90, about->title, about->definition);
    svg_axes(out, &plot, "tokens per second after the first token", NULL);
    for (size_t i = 0; i < models->n; i++)
        put_bar(out, &plot, i, &models->items[i]);
    svg_end(out);
    return SW_OK;
}

/* ---- experts ----------------------------------------------------------------------------------------------------- */

/* The mean over the tests and `n` experts from `first` on, times the number of experts: 1 is as if all were as likely.
 */
static double heat_of(const expert_figures *e, size_t layer, size_t first, size_t n)
{
    const size_t n_experts = (size_t)e->n_experts, n_layers = (size_t)e->n_layers;
    double sum = 0;
    for (size_t t = 0; t < e->n_tests; t++) {
        for (size_t k = first; k < first + n && k < n_experts; k++)
            sum += e->heat[(t * n_layers + layer) * n_experts + k];
    }
    return sum / (double)e->n_tests / (double)n * (double)n_experts;
}

static sw_code draw_experts(buf *out, const paper_about *about, const paper_models *models, const paper_model *model,
                            sw_err *err)
{
    (void)models;
    (void)err;
    const expert_figures *const e = &model->subject->experts;
    if (e->n_tests == 0 || e->n_layers <= 0 || e->n_experts <= 0)
        return SW_OK;
    const size_t n_experts = (size_t)e->n_experts, n_layers = (size_t)e->n_layers;
    const size_t n_each = (n_experts + HEAT_COLUMNS_MAX - 1) / HEAT_COLUMNS_MAX;
    const double height = fmax(4, fmin(24, 480.0 / (double)n_layers)), width = FRAME.width / (double)n_experts;
    svg_plot plot = FRAME;
    plot.height = height * (double)n_layers;
    plot.x_max = (double)n_experts;
    plot.y_min = (double)n_layers; // the first layer is on top
    begin(out, about, model, plot.height + 90);
    for (size_t l = 0; l < n_layers; l++) {
        for (size_t k = 0; k < n_experts; k += n_each) {
            const size_t n = k + n_each > n_experts ? n_experts - k : n_each;
            svg_cell(out, plot.left + (double)k * width, plot.top + (double)l * height, (double)n * width, height,
                     heat_of(e, l, k, n) / 4);
        }
    }
    svg_line(out, plot.left, plot.top + plot.height, plot.left + plot.width, plot.top + plot.height, "#444444");
    char text[CELL_BYTES];
    snprintf(text, sizeof text, "experts 0 to %d", e->n_experts - 1);
    svg_text(out, plot.left + plot.width / 2, plot.top + plot.height + 20, "middle", text);
    snprintf(text, sizeof text, "%d layers, the first on top", e->n_layers);
    svg_text(out, plot.left, plot.top - 8, "start", text);
    for (int i = 0; i <= 4; i++) {
        svg_cell(out, plot.left + plot.width + 14, plot.top + 20 * i, 18, 16, i / 4.0);
        snprintf(text, sizeof text, i == 4 ? "%d times or more" : "%d times", i);
        svg_text(out, plot.left + plot.width + 40, plot.top + 20 * i + 12, "start", text);
    }
    svg_text(out, plot.left + plot.width + 14, plot.top + 116, "start", "as often as the mean");
    svg_end(out);
    return SW_OK;
}

// clang-format off
#define EVENTS_QUERY \
    "SELECT test.subject, test.name, test.repeat, event.i, event.t_ns, event.n_tokens\n" \
    "FROM test JOIN event ON event.test_id = test.id\n" \
    "WHERE test.run_id = :run AND test.phase = 'measure' AND test.mode = 'stream' AND test.status = 'completed'\n" \
    "ORDER BY test.id, event.i;\n"

const paper_figure_maker PAPER_FIGURES[N_PAPER_FIGURES] = {
    {{"token-time", "Tokens over time", "Tokens that had arrived, over the time since the request was written: the first "
      "repetition of every streamed answer that completed, at most 20.", EVENTS_QUERY}, true, draw_token_time},
    {{"latency", "Distribution of the gaps between tokens", "Share of the tokens whose gap to the token before was at most "
      "as long: all streamed answers of a model together, a gap between events divided by the tokens of the event.", EVENTS_QUERY}, false, draw_latency},
    {{"speed", "Tokens per second", "Tokens that came after the first content event, over the time in which they came: all "
      "streamed tests that have a rate; the line is the 95 % interval over tests (bootstrap).", EVENTS_QUERY}, false, draw_speed},
    {{"expert-use", "Use of experts by layer", "How often each expert of a layer was chosen, relative to the mean of its layer: mean "
      "over the streamed tests; of more than 128 experts, neighbours share a cell.",
      "SELECT test.subject, test.name, test.repeat, expert_tokens, experts, experts_used, layer, hex(counts)\n"
      "FROM expert JOIN test ON test.id = test_id\n"
      "WHERE run_id = :run AND phase = 'measure' AND mode = 'stream' ORDER BY test.id, layer;\n"}, true, draw_experts},
};
// clang-format on
