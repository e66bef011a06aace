/* paper_bars.c - drawings of one figure for each model, or for each expert. */
#include <math.h>
#include <stdio.h>

#include "report/format.h"
#include "report/paper/paper_draw.h"

enum { HEAT_COLUMNS_MAX = 128 }; // more experts share a column

/* ---- tokens per second ------------------------------------------------------------------------------------------- */

enum { BAR_HEIGHT = 22, BAR_STEP = 34 };

static void put_whisker_in(buf *out, double low, double high, double y, const char *color)
{
    svg_line(out, low, y, high, y, color);
    svg_line(out, low, y - 4, low, y + 4, color);
    svg_line(out, high, y - 4, high, y + 4, color);
}

/* Seen on white and on every colour. */
static void put_whisker(buf *out, double low, double high, double y)
{
    put_whisker_in(out, low + 1, high + 1, y + 1, "#ffffff");
    put_whisker_in(out, low, high, y, "#111111");
}

/* The rate as a bar, and its interval as a whisker. */
static void put_bar(buf *out, const svg_plot *plot, const paper_models *models, size_t i)
{
    const run_summary *const s = &models->items[i].subject->modes[MODE_STREAM];
    const double top = plot->top + (double)i * BAR_STEP + 6, middle = top + BAR_HEIGHT / 2.0;
    const double scale = plot->width / plot->x_max;
    char text[CELL_BYTES];
    paper_legend(out, &(svg_plot){.left = plot->left, .width = plot->width, .top = middle - 8 - 18 * (double)i}, models,
                 i);
    format_number(text, s->decode_tps);
    svg_text(out, plot->left - 6, middle + 4, "end", text);
    if (!isfinite(s->decode_tps))
        return;
    svg_rect(out, plot->left, top, s->decode_tps * scale, BAR_HEIGHT, svg_color(i));
    if (isfinite(s->decode_range.low))
        put_whisker(out, plot->left + s->decode_range.low * scale, plot->left + s->decode_range.high * scale, middle);
}

sw_code paper_draw_speed(buf *out, const paper_about *about, const paper_models *models, const paper_model *model,
                         sw_err *err)
{
    (void)model;
    (void)err;
    svg_plot plot = PAPER_FRAME;
    plot.height = (double)models->n * BAR_STEP;
    for (size_t i = 0; i < models->n; i++) {
        const run_summary *const s = &models->items[i].subject->modes[MODE_STREAM];
        plot.x_max = fmax(plot.x_max, fmax(s->decode_tps, s->decode_range.high));
    }
    if (!(plot.x_max > 0) || !isfinite(plot.x_max))
        return SW_OK;
    plot.x_max *= 1.02; // room for the end of an interval
    svg_begin(out, PAPER_WIDTH, plot.height + 90, about->title, about->definition);
    svg_axes(out, &plot, "tokens per second after the first token", NULL);
    for (size_t i = 0; i < models->n; i++)
        put_bar(out, &plot, models, i);
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

/* White has a frame, because the drawing is white too. */
static void put_heat_legend(buf *out, double left, double top)
{
    char text[CELL_BYTES];
    svg_text(out, left, top - 8, "start", "times the mean of its layer");
    for (int i = 0; i <= 4; i++) {
        svg_rect(out, left - 1, top + 20 * i - 1, 20, 18, "#999999");
        svg_cell(out, left, top + 20 * i, 18, 16, i / 4.0);
        snprintf(text, sizeof text, i == 4 ? "%d or more" : "%d", i);
        svg_text(out, left + 26, top + 20 * i + 12, "start", text);
    }
}

sw_code paper_draw_experts(buf *out, const paper_about *about, const paper_models *models, const paper_model *model,
                           sw_err *err)
{
    (void)models;
    (void)err;
    const expert_figures *const e = &model->subject->experts;
    if (e->n_tests == 0 || e->n_layers <= 0 || e->n_experts <= 0)
        return SW_OK;
    const size_t n_experts = (size_t)e->n_experts, n_layers = (size_t)e->n_layers;
    const size_t n_each = (n_experts + HEAT_COLUMNS_MAX - 1) / HEAT_COLUMNS_MAX;
    const double height = fmax(4, fmin(24, 480.0 / (double)n_layers)), width = PAPER_FRAME.width / (double)n_experts;
    svg_plot plot = PAPER_FRAME;
    plot.height = height * (double)n_layers;
    plot.x_max = (double)n_experts;
    plot.y_min = (double)n_layers; // the first layer is on top
    paper_begin(out, about, model, fmax(plot.height + 90, 150));
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
    put_heat_legend(out, plot.left + plot.width + 14, plot.top);
    svg_end(out);
    return SW_OK;
}
