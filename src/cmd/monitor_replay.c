/* monitor_replay.c - statistics of a recording. */
#include "cmd/monitor_replay.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "cmd/monitor_rows.h"
#include "figures/compare.h"
#include "figures/stats.h"
#include "json/json_out.h"

enum {
    TREND_SAMPLES = 30, // that a trend needs at least,
    TREND_SECONDS = 60, // over so long
};
static const double MIB = 1048576, LEAK_MIB_PER_H = 16;

typedef struct row_stats {
    size_t n; // samples that have the figure
    double min, median, max;
} row_stats;

/* Leaves out samples that do not have the figure.  `values` has room for all. */
static row_stats stats_of_row(const recording *r, const monitor_row *row, double *values)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        const sample_values *const before = i > 0 ? &r->values[i - 1] : NULL;
        const double dt_s = i > 0 ? r->t_s[i] - r->t_s[i - 1] : NAN;
        const double value = monitor_row_value(row, before, &r->values[i], dt_s, r->head.n_cores);
        if (isfinite(value))
            values[n++] = value;
    }
    if (n == 0)
        return (row_stats){0, NAN, NAN, NAN};
    const sample_stats s = stats_of(values, n);
    return (row_stats){n, s.min, s.p50, s.max};
}

/* ---- private memory over time ------------------------------------------------------------------------------------ */

typedef struct growth {
    bool is_known; // it is long enough
    double mib_per_h, low, high;
} growth;

/* The first quarter is left out: memory that fills at the start is no leak. */
static sw_code growth_of(const recording *r, growth *out, sw_err *err)
{
    *out = (growth){0};
    double *const hours = mem_alloc(2 * (r->n + 1) * sizeof *hours);
    if (hours == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for a trend of %zu samples", r->n);
    double *const mib = hours + r->n;
    const double end_s = r->n > 0 ? r->t_s[r->n - 1] : 0;
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        const double bytes = r->values[i].v[SAMPLE_PRIVATE];
        if (r->t_s[i] < end_s / 4 || isnan(bytes))
            continue;
        hours[n] = r->t_s[i] / 3600;
        mib[n++] = bytes / MIB;
    }
    sw_code code = SW_OK;
    if (n >= TREND_SAMPLES && (hours[n - 1] - hours[0]) * 3600 >= TREND_SECONDS) {
        trend t;
        code = trend_of(hours, mib, n, &t, err);
        if (code == SW_OK)
            *out = (growth){isfinite(t.slope), t.slope, t.range.low, t.range.high};
    }
    mem_free(hours);
    return code;
}

static bool is_leak(const growth *g)
{
    return g->is_known && g->low > 0 && g->mib_per_h > LEAK_MIB_PER_H;
}

static void put_growth(buf *out, const growth *g)
{
    if (!g->is_known) {
        buf_printf(
            out, "private memory over time: the recording is too short for a trend (%d s without its first quarter)\n",
            TREND_SECONDS);
        return;
    }
    char slope[CELL_BYTES], low[CELL_BYTES], high[CELL_BYTES];
    format_number(slope, g->mib_per_h);
    format_number(low, g->low);
    format_number(high, g->high);
    buf_printf(out, "private memory over time: %s MiB/h (95 %% interval %s to %s), %s\n", slope, low, high,
               is_leak(g) ? "a leak: more than 16 MiB/h, and certainly above 0" : "no leak is shown");
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

static void put_line(buf *out, const char *text)
{
    escape_terminal(out, text, strlen(text));
    buf_putc(out, '\n');
}

static void put_what(buf *out, const recording *r)
{
    char text[1024], time[CELL_BYTES], memory[CELL_BYTES];
    const recording_head *const h = &r->head;
    const long s = r->n > 0 ? (long)r->t_s[r->n - 1] : 0;
    format_time(time, h->started_unix_s * 1000);
    format_bytes(memory, (uint64_t)h->memory_bytes);
    if (h->pid != 0)
        snprintf(text, sizeof text, "%s, process %ld", h->program, h->pid);
    else
        snprintf(text, sizeof text, "the machine alone");
    put_line(out, text);
    snprintf(text, sizeof text, "%s, %ld cores, %s%s%s; %s", h->cpu, h->n_cores, memory, h->gpu[0] != '\0' ? ", " : "",
             h->gpu, h->os);
    put_line(out, text);
    snprintf(text, sizeof text, "%s, %zu samples in %ld:%02ld:%02ld, every %g s", time, r->n, s / 3600, s / 60 % 60,
             s % 60, h->interval_s);
    put_line(out, text);
    if (r->is_cut)
        put_line(out, "its last line is incomplete and was left out");
}

static void put_stats(buf *out, const monitor_row *row, const row_stats *s)
{
    char cells[3][CELL_BYTES];
    monitor_row_format(cells[0], row, s->min);
    monitor_row_format(cells[1], row, s->median);
    monitor_row_format(cells[2], row, s->max);
    buf_printf(out, "%-13s  %-13s %15s %15s %15s\n", MONITOR_GROUPS[row->group], row->label, cells[0], cells[1],
               cells[2]);
}

sw_code monitor_replay_text(buf *out, const recording *r, sw_err *err)
{
    growth g;
    double *const values = mem_alloc((r->n + 1) * sizeof *values);
    if (values == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for %zu samples", r->n);
    put_what(out, r);
    buf_printf(out, "\n%-13s  %-13s %15s %15s %15s\n", "", "", "lowest", "median", "highest");
    for (size_t i = 0; i < N_MONITOR_ROWS; i++) {
        const row_stats s = stats_of_row(r, &MONITOR_ROWS[i], values);
        put_stats(out, &MONITOR_ROWS[i], &s);
    }
    mem_free(values);
    const sw_code code = growth_of(r, &g, err);
    if (code == SW_OK) {
        buf_putc(out, '\n');
        put_growth(out, &g);
    }
    return code;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *stats_json(const monitor_row *row, const row_stats *s)
{
    json_t *o = json_object();
    json_put(&o, "unit", json_string(monitor_row_unit(row)));
    json_put(&o, "n", json_integer((json_int_t)s->n));
    json_put(&o, "min", json_figure(s->min));
    json_put(&o, "median", json_figure(s->median));
    json_put(&o, "max", json_figure(s->max));
    return o;
}

static json_t *growth_json(const growth *g)
{
    if (!g->is_known)
        return json_null();
    json_t *o = json_object();
    json_put(&o, "mib_per_h", json_figure(g->mib_per_h));
    json_put(&o, "low", json_figure(g->low));
    json_put(&o, "high", json_figure(g->high));
    json_put(&o, "is_leak", json_boolean(is_leak(g)));
    return o;
}

sw_code monitor_replay_json(buf *out, const recording *r, sw_err *err)
{
    growth g;
    const sw_code code = growth_of(r, &g, err);
    double *const values = code == SW_OK ? mem_alloc((r->n + 1) * sizeof *values) : NULL;
    if (code != SW_OK || values == NULL)
        return code != SW_OK ? code : sw_fail(err, SW_ENOMEM, "out of memory for %zu samples", r->n);
    json_t *figures = json_object(), *o = json_object();
    for (size_t i = 0; i < N_MONITOR_ROWS; i++) {
        const row_stats s = stats_of_row(r, &MONITOR_ROWS[i], values);
        json_put(&figures, MONITOR_ROWS[i].name, stats_json(&MONITOR_ROWS[i], &s));
    }
    mem_free(values);
    json_put(&o, "n_samples", json_integer((json_int_t)r->n));
    json_put(&o, "seconds", json_real(r->n > 0 ? r->t_s[r->n - 1] : 0));
    json_put(&o, "is_cut", json_boolean(r->is_cut));
    json_put(&o, "figures", figures);
    json_put(&o, "private_growth", growth_json(&g));
    buf_puts(out, "{\"head\":");
    recording_put_head(out, &r->head);
    buf_puts(out, ",\"summary\":");
    json_write(out, o);
    buf_puts(out, "}\n");
    return out->failed == SW_OK ? SW_OK : sw_fail(err, out->failed, "the summary is too large");
}
