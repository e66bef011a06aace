/* metrics_text.c - lines of the two formats. */
#include "serving/metrics_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char TOTAL[] = "_total";

/* The fewest digits that are read back as the same number. */
static void write_number(char out[40], double x)
{
    if (x == floor(x) && fabs(x) < 1e15) {
        snprintf(out, 40, "%.0f", x);
        return;
    }
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(out, 40, "%.*g", digits, x);
        if (strtod(out, NULL) == x)
            return;
    }
}

/* A bound as a label: OpenMetrics wants a fraction, "1.0". */
static void write_bound(const metrics_text *t, char out[44], double x)
{
    char number[40];
    write_number(number, x);
    snprintf(out, 44, "%s%s", number, t->is_openmetrics && strpbrk(number, ".e") == NULL ? ".0" : "");
}

static void put_escaped(buf *out, const char *text, bool is_label)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            buf_puts(out, "\\n");
        else if (*text == '\\' || (*text == '"' && is_label))
            buf_printf(out, "\\%c", *text);
        else
            buf_putc(out, *text);
    }
}

void metrics_text_family(metrics_text *t, const char *name, metrics_type type, const char *help)
{
    static const char *const TYPES[] = {
        [METRICS_COUNTER] = "counter", [METRICS_GAUGE] = "gauge", [METRICS_HISTOGRAM] = "histogram"};
    // In OpenMetrics a counter's family has the name without "_total".
    const int n = (int)strlen(name) - (t->is_openmetrics && type == METRICS_COUNTER ? (int)strlen(TOTAL) : 0);
    t->family = name;
    buf_printf(t->out, "# HELP %.*s ", n, name);
    put_escaped(t->out, help, /*is_label=*/false);
    buf_printf(t->out, "\n# TYPE %.*s %s\n", n, name, TYPES[type]);
}

/* One line; `le` may be NULL. */
static void put_line(metrics_text *t, const char *suffix, const metrics_label *labels, const char *le, double value)
{
    const char *separator = "{";
    char number[40];
    buf_printf(t->out, "%s%s", t->family, suffix);
    for (; labels != NULL && labels->name != NULL; labels++) {
        buf_printf(t->out, "%s%s=\"", separator, labels->name);
        put_escaped(t->out, labels->value, /*is_label=*/true);
        buf_putc(t->out, '"');
        separator = ",";
    }
    if (le != NULL) {
        buf_printf(t->out, "%sle=\"%s\"", separator, le);
        separator = ",";
    }
    write_number(number, value);
    buf_printf(t->out, "%s %s\n", separator[0] == ',' ? "}" : "", number);
}

void metrics_text_sample(metrics_text *t, const metrics_label *labels, double value)
{
    put_line(t, "", labels, NULL, value);
}

void metrics_text_histogram(metrics_text *t, const metrics_label *labels, const histogram *h)
{
    size_t n_bounds;
    const double *const bounds = histogram_bounds(h->kind, &n_bounds);
    uint64_t below = 0;
    char le[44];
    for (size_t i = 0; i < n_bounds; i++) {
        below += h->counts[i];
        write_bound(t, le, bounds[i]);
        put_line(t, "_bucket", labels, le, (double)below);
    }
    put_line(t, "_bucket", labels, "+Inf", (double)h->n);
    put_line(t, "_sum", labels, NULL, h->sum);
    put_line(t, "_count", labels, NULL, (double)h->n);
}

void metrics_text_end(metrics_text *t)
{
    if (t->is_openmetrics)
        buf_puts(t->out, "# EOF\n");
}
