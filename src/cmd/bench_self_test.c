/* bench_self_test.c - prints the result of self_test.h, as two tables or one document. */
#include "cmd/bench_self_test.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cmd/cmd_error.h"
#include "cmd/exit_code.h"
#include "cmd/output_width.h"
#include "cmd/self_test.h"
#include "report/text_table.h"
#include "json/json_out.h"

enum { OUTPUT_BYTES_MAX = 1 << 20, CELL_BYTES = 48 };

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static void put_number(text_table *table, double x, const char *unit)
{
    char cell[CELL_BYTES] = "-";
    if (!isnan(x)) // no "-0.0"
        snprintf(cell, sizeof cell, unit[0] != '\0' ? "%.1f" : "%.0f", fabs(x) < 0.05 ? 0 : x);
    text_table_put(table, cell);
}

static void put_figures(buf *out, const self_test_result *r, int width)
{
    static const text_column COLUMNS[] = {
        {"answer", "", false, 0}, {"figure", "", false, 0}, {"expected", "", true, 0}, {"measured", "", true, 0},
        {"error", "", true, 0},   {"bound", "", true, 2},   {"unit", "", false, 1},    {"", "", false, 0}};
    text_table *const table = text_table_create(COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0]);
    for (size_t i = 0; i < r->n_figures; i++) {
        const self_test_figure *const f = &r->figures[i];
        text_table_put(table, f->answer);
        text_table_put(table, f->name);
        put_number(table, f->expected, f->unit);
        put_number(table, f->measured, f->unit);
        put_number(table, f->measured - f->expected, f->unit);
        put_number(table, f->bound, f->unit);
        text_table_put(table, f->unit);
        text_table_put(table, self_test_figure_is_good(f) ? "ok" : "OFF");
    }
    text_table_write(out, table, width, "--json has them");
    text_table_free(table);
}

static void put_loads(buf *out, const self_test_result *r, int width)
{
    static const text_column COLUMNS[] = {{"streams", "", true, 0},
                                          {"tok/s of each", "", true, 0},
                                          {"client's CPU per stream", "%", true, 0},
                                          {"limit", "%", true, 1},
                                          {"", "", false, 0}};
    text_table *const table = text_table_create(COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0]);
    for (size_t i = 0; i < r->n_loads; i++) {
        const self_test_load *const load = &r->loads[i];
        char cell[CELL_BYTES];
        put_number(table, load->n_streams, "");
        put_number(table, load->tokens_per_s, "");
        snprintf(cell, sizeof cell, "%.2f", 100 * load->cpu);
        text_table_put(table, cell);
        put_number(table, 100 * load->cpu_max, "%");
        text_table_put(table, self_test_load_is_good(load) ? "ok" : "OVER");
    }
    text_table_write(out, table, width, "--json has them");
    text_table_free(table);
}

static void put_text(buf *out, const self_test_result *r)
{
    const int width = output_width(STDOUT_FILENO);
    put_figures(out, r, width);
    buf_putc(out, '\n');
    put_loads(out, r, width);
    buf_printf(out, "\n%s\n",
               self_test_is_good(r) ? "The client measures within its bounds."
                                    : "A figure is off by more than its bound: this machine is too busy to measure, or "
                                      "the client measures wrongly.");
}

/* ---- document --------------------------------------------------------------------------------------------------- */

static json_t *number_or_null(double x)
{
    return isnan(x) ? json_null() : json_number(x);
}

static json_t *figure_document(const self_test_figure *f)
{
    json_t *o = json_object();
    json_put(&o, "answer", json_string(f->answer));
    json_put(&o, "figure", json_string(f->name));
    json_put(&o, "unit", json_string(f->unit));
    json_put(&o, "expected", number_or_null(f->expected));
    json_put(&o, "measured", number_or_null(f->measured));
    json_put(&o, "bound", number_or_null(f->bound));
    json_put(&o, "ok", json_boolean(self_test_figure_is_good(f)));
    return o;
}

static json_t *load_document(const self_test_load *load)
{
    json_t *o = json_object();
    json_put(&o, "streams", json_integer(load->n_streams));
    json_put(&o, "tokens_per_s", json_number(load->tokens_per_s));
    json_put(&o, "cpu_percent", json_number(100 * load->cpu));
    json_put(&o, "cpu_percent_max", json_number(100 * load->cpu_max));
    json_put(&o, "ok", json_boolean(self_test_load_is_good(load)));
    return o;
}

static void put_document(buf *out, const self_test_result *r)
{
    json_t *o = json_object(), *figures = json_array(), *loads = json_array();
    for (size_t i = 0; i < r->n_figures; i++)
        json_push(&figures, figure_document(&r->figures[i]));
    for (size_t i = 0; i < r->n_loads; i++)
        json_push(&loads, load_document(&r->loads[i]));
    json_put(&o, "figures", figures);
    json_put(&o, "loads", loads);
    json_put(&o, "ok", json_boolean(self_test_is_good(r)));
    json_write(out, o);
    buf_putc(out, '\n');
}

int bench_self_test(bool json)
{
    sw_err err = {0};
    self_test_result result;
    sw_code code = self_test_run(clock_system(), true, &result, &err);
    if (code != SW_OK)
        return cmd_fail("bench", &err);
    buf out;
    buf_init(&out, OUTPUT_BYTES_MAX);
    if (json)
        put_document(&out, &result);
    else
        put_text(&out, &result);
    if (out.failed == SW_OK)
        fwrite(buf_str(&out), 1, out.size, stdout);
    else
        code = sw_fail(&err, out.failed, "out of memory for the output");
    buf_free(&out);
    if (code != SW_OK)
        return cmd_fail("bench", &err);
    return self_test_is_good(&result) ? CMD_EXIT_OK : CMD_EXIT_THRESHOLD;
}
