/* trend_chart.c - the runs of one figure from left to right: its line with the interval, levels, and what changed.
 *
 * Everything is drawn in a picture of 640 by 300, which a page scales; colours and sizes of type are the style sheet's.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "compare/trend_report.h"
#include "report/format.h"

enum { WIDTH = 640, HEIGHT = 300, LEFT = 92, RIGHT = 620, TOP = 34, BOTTOM = 256, N_LABELS = 6, LABEL_BYTES_MAX = 24 };

/* What the picture shows of the figure. */
typedef struct frame {
    const run_trend *t;
    const trend_row *row;
    double low, high; // of the values
} frame;

static double x_of(const frame *f, double run)
{
    const double n = f->t->n_runs > 1 ? (double)(f->t->n_runs - 1) : 1;
    return LEFT + 14 + (RIGHT - LEFT - 28) * run / n;
}

static double y_of(const frame *f, double value)
{
    const double y = BOTTOM - (BOTTOM - TOP) * (value - f->low) / (f->high - f->low);
    return fmin(BOTTOM, fmax(TOP, y)); // a line may leave the frame
}

/* All values and quartiles, with a little room; values that are equal get room, too. */
static frame frame_of(const run_trend *t, const trend_row *row)
{
    frame f = {t, row, INFINITY, -INFINITY};
    for (size_t i = 0; i < t->n_runs; i++) {
        const trend_value v = run_trend_value(row, i);
        f.low = fmin(f.low, fmin(v.value, v.low));
        f.high = fmax(f.high, fmax(v.value, v.high));
    }
    const double room = f.high > f.low ? (f.high - f.low) / 12 : f.high != 0 ? fabs(f.high) / 10 : 1;
    f.low -= room;
    f.high += room;
    return f;
}

static void put_line(buf *out, const char *class_name, double x1, double y1, double x2, double y2)
{
    buf_printf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class_name, x1, y1, x2,
               y2);
}

static void put_label(buf *out, const char *anchor, double x, double y, const char *text, size_t n)
{
    buf_printf(out, "<text text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">", anchor, x, y);
    escape_html(out, text, n);
    buf_puts(out, "</text>\n");
}

/* ---- axes -------------------------------------------------------------------------------------------------------- */

static double tick_step(double range)
{
    const double power = pow(10, floor(log10(range / 3))), n = range / 3 / power;
    return power * (n >= 5 ? 5 : n >= 2 ? 2 : 1);
}

/* The unit is above the numbers, but for bytes, whose unit depends on their number. */
static void put_values_axis(buf *out, const frame *f)
{
    const compare_metric_row *const metric = &COMPARE_METRIC_ROWS[f->row->metric];
    const double step = tick_step(f->high - f->low);
    for (double i = ceil(f->low / step); i * step <= f->high; i++) {
        char label[CELL_BYTES];
        const double value = i * step + 0.0;
        if (strcmp(metric->unit, "B") == 0)
            format_bytes(label, value);
        else
            format_number(label, value);
        put_line(out, "grid", LEFT, y_of(f, value), RIGHT, y_of(f, value));
        put_label(out, "end", LEFT - 8, y_of(f, value) + 4, label, strlen(label));
    }
    if (strcmp(metric->unit, "B") != 0)
        put_label(out, "end", LEFT - 8, TOP - 16, metric->unit, strlen(metric->unit));
}

/* Numbers of runs, from 1. */
static void put_runs_axis(buf *out, const frame *f)
{
    const size_t n = f->t->n_runs, every = n <= N_LABELS ? 1 : (n + N_LABELS - 1) / N_LABELS;
    for (size_t i = 0; i < n; i += every) {
        char label[CELL_BYTES];
        snprintf(label, sizeof label, "%zu", i + 1);
        put_label(out, "middle", x_of(f, (double)i), BOTTOM + 20, label, strlen(label));
    }
    put_line(out, "axis", LEFT, BOTTOM, RIGHT, BOTTOM);
    put_label(out, "middle", (LEFT + RIGHT) / 2.0, BOTTOM + 40, "run, in the order of time", 25);
}

/* ---- marks ------------------------------------------------------------------------------------------------------- */

/* Above the frame, of whole characters. */
static void put_short_label(buf *out, const char *anchor, double x, const char *text)
{
    size_t n = strlen(text);
    for (n = n < LABEL_BYTES_MAX ? n : LABEL_BYTES_MAX; n > 0 && (text[n] & 0xc0) == 0x80;)
        n--;
    put_label(out, anchor, x, TOP - 16, text, n);
}

/* Where conditions changed, and what they are now. */
static void put_changes(buf *out, const frame *f)
{
    bool has_changed = false;
    for (size_t i = 1; i < f->t->n_runs; i++) {
        const trend_run *const run = &f->t->runs[i];
        if (run->changed[0] == '\0')
            continue;
        const double x = x_of(f, (double)i - 0.5);
        put_line(out, "changed", x, TOP - 12, x, BOTTOM);
        put_short_label(out, x < (LEFT + RIGHT) / 2.0 ? "start" : "end", x, run->label);
        has_changed = true;
    }
    if (has_changed)
        put_short_label(out, "start", x_of(f, 0), f->t->runs[0].version);
}

/* The band is between the lines of both ends of the slope's interval, through the middle of the line. */
static void put_slope(buf *out, const frame *f)
{
    static const char *const CLASSES[] = {"slope better", "slope worse", "slope", "slope"};
    const trend_row *const row = f->row;
    const double last = (double)(f->t->n_runs - 1), middle = last / 2;
    const double unit = COMPARE_METRIC_ROWS[row->metric].is_relative ? row->median / 100 : 1;
    const double slope = row->slope * unit, at_middle = row->intercept + slope * middle;
    const double low = row->range.low * unit, high = row->range.high * unit;
    if (!row->is_judged)
        return;
    if (!isnan(low))
        buf_printf(out, "<path class=\"band\" d=\"M%.1f,%.1f L%.1f,%.1f L%.1f,%.1f L%.1f,%.1f Z\"/>\n", x_of(f, 0),
                   y_of(f, at_middle - low * middle), x_of(f, last), y_of(f, at_middle + low * middle), x_of(f, last),
                   y_of(f, at_middle + high * middle), x_of(f, 0), y_of(f, at_middle - high * middle));
    put_line(out, CLASSES[row->verdict], x_of(f, 0), y_of(f, row->intercept), x_of(f, last),
             y_of(f, row->intercept + slope * last));
}

/* The level of each side, and a line between them. */
static void put_steps(buf *out, const frame *f)
{
    const trend_row *const row = f->row;
    for (size_t i = 0; i < row->n_steps; i++) {
        const level_step *const s = &row->steps[i];
        const double x = x_of(f, (double)s->at - 0.5), y = y_of(f, s->before), y_after = y_of(f, s->after);
        const double begin = i > 0 ? x_of(f, (double)row->steps[i - 1].at - 0.5) : x_of(f, 0);
        put_line(out, "step", begin, y, x, y);
        put_line(out, "step", x, y, x, y_after);
        if (i + 1 == row->n_steps)
            put_line(out, "step", x, y_after, x_of(f, (double)f->t->n_runs - 1), y_after);
        put_label(out, "start", x + 5, (y + y_after) / 2 + 4, "step", 4);
    }
}

/* A point says what it is when a pointer rests on it, without a script too. */
static void put_point(buf *out, const frame *f, size_t run)
{
    const trend_value v = run_trend_value(f->row, run);
    char value[CELL_BYTES], time[CELL_BYTES], range[2][CELL_BYTES];
    if (isnan(v.value))
        return;
    const double x = x_of(f, (double)run);
    const char *const unit = COMPARE_METRIC_ROWS[f->row->metric].unit;
    format_by_unit(value, v.value, unit);
    format_by_unit(range[0], v.low, unit);
    format_by_unit(range[1], v.high, unit);
    format_time(time, f->t->runs[run].started_unix_ms);
    if (!isnan(v.low))
        put_line(out, "spread", x, y_of(f, v.low), x, y_of(f, v.high));
    buf_printf(out, "<circle class=\"point\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>run %zu: %s", x, y_of(f, v.value),
               run + 1, value);
    if (!isnan(v.low))
        buf_printf(out, " (half of its answers %s to %s)", range[0], range[1]);
    buf_printf(out, ", %s, ", time);
    escape_html(out, f->t->runs[run].name, strlen(f->t->runs[run].name));
    buf_puts(out, "</title></circle>\n");
}

void trend_chart(buf *out, const run_trend *t, const trend_row *row)
{
    const frame f = frame_of(t, row);
    const compare_metric_row *const metric = &COMPARE_METRIC_ROWS[row->metric];
    buf_printf(out, "<svg class=\"trend\" viewBox=\"0 0 %d %d\" role=\"img\">\n<title>%s of %zu runs: %s</title>\n",
               (int)WIDTH, (int)HEIGHT, metric->name, row->n, run_trend_direction(row));
    buf_puts(out, "<desc>A point for each run, with the quartiles of its answers; the slope with its interval; levels "
                  "before and after steps; lines where conditions changed. The table below has all values.</desc>\n");
    put_values_axis(out, &f);
    put_runs_axis(out, &f);
    put_slope(out, &f);
    put_changes(out, &f);
    put_steps(out, &f);
    for (size_t i = 0; i < t->n_runs; i++)
        put_point(out, &f, i);
    buf_puts(out, "</svg>\n<figcaption>A point is a run, its line half of the run's answers; the slope is in its 95 % "
                  "interval; dotted are levels; upright lines are changed conditions.</figcaption>\n");
}
