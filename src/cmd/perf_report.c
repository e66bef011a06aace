/* perf_report.c - the table for people: facts, one row for every number of threads and tokens, medians and spread. */
#include "cmd/perf_report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/sysinfo.h"
#include "cmd/output_width.h"
#include "cmd/perf_figures.h"
#include "report/text_table.h"

enum { OUTPUT_BYTES_MAX = 64 * 1024 * 1024, FACT_BYTES_MAX = 65536, CELL_BYTES = 48 };

static const char MORE[] = "a wider terminal and --output md, csv or json show all";

// Min and max give way together, then what the share is made of.
static const text_column COLUMNS[] = {
    {"threads", "", true, 0},     {"test", "", false, 0},    {"tokens/s", "", true, 0}, {"tokens/s", "min", true, 2},
    {"tokens/s", "max", true, 2}, {"used", "", true, 1},     {"of", "", true, 1},       {"unit", "", false, 1},
    {"share", "", true, 0},       {"share", "min", true, 2}, {"share", "max", true, 2},
};

/* `value` times `scale`, or "-" if there are no values. */
static void put_number(text_table *table, const sample_stats *s, double value, const char *format, double scale)
{
    char cell[CELL_BYTES] = "-";
    if (s->n > 0)
        snprintf(cell, sizeof cell, format, value * scale);
    text_table_put(table, cell);
}

static void put_row(text_table *table, const perf *p, const perf_row *row)
{
    const perf_spread s = perf_spread_of(p, row);
    char cell[CELL_BYTES];
    snprintf(cell, sizeof cell, "%d", row->n_threads);
    text_table_put(table, cell);
    snprintf(cell, sizeof cell, "%s %d", perf_test_name(row), row->n_tokens);
    text_table_put(table, cell);
    put_number(table, &s.rate, s.rate.p50, "%.2f", 1);
    put_number(table, &s.rate, s.rate.min, "%.2f", 1);
    put_number(table, &s.rate, s.rate.max, "%.2f", 1);
    put_number(table, &s.used, s.used.p50, "%.1f", 1e-9);
    put_number(table, &s.limit, s.limit.p50, "%.1f", 1e-9);
    text_table_put(table, perf_unit(row));
    put_number(table, &s.share, s.share.p50, "%.0f %%", 100);
    put_number(table, &s.share, s.share.min, "%.0f %%", 100);
    put_number(table, &s.share, s.share.max, "%.0f %%", 100);
}

/* ---- facts ------------------------------------------------------------------------------------------------------- */

/* Appends the fact's name and its text, and empties `fact`. */
static void put_fact(buf *out, const char *name, buf *fact, int width)
{
    buf line;
    buf_init(&line, FACT_BYTES_MAX);
    buf_printf(&line, "%-8s ", name);
    buf_append(&line, buf_str(fact), fact->size);
    text_wrap_hanging(out, buf_str(&line), width, 9);
    buf_free(&line);
    buf_clear(fact);
}

static void put_loads(buf *fact, const perf *p)
{
    for (size_t i = 0; i < p->n_states; i++)
        buf_printf(fact, "%s%.2f s with %d thread%s", i > 0 ? ", " : "", p->states[i].load_ms / 1e3,
                   p->states[i].n_threads, p->states[i].n_threads > 1 ? "s" : "");
}

static void put_machine(buf *fact, const sw_engine_state *s)
{
    buf_printf(fact, "%s, kernels %s", sysinfo_cpu_name(), s->isa);
    if (!perf_uses_device(s))
        return;
    buf_printf(fact, "; %s (", s->device);
    escape_terminal(fact, s->device_model, strlen(s->device_model));
    perf_bytes_text b;
    buf_printf(fact, ") has %s of the weights", perf_show_bytes((double)s->weight_bytes_vram, b));
}

/* Keys and values that a token reads, if the cache held tokens before (--depth). */
static void put_kv(buf *out, const perf *p, buf *fact, int width)
{
    perf_bytes_text b;
    for (size_t i = 0; i < p->n_rows && p->n_depth > 0; i++) {
        const perf_row *const row = &p->rows[i];
        if (row->is_prompt || row->n_threads != p->rows[0].n_threads)
            continue;
        buf_printf(fact, "%d tokens: %s of keys and values read to generate one, on average of %d", p->n_depth,
                   perf_show_bytes(row->kv_bytes, b), row->n_tokens);
        put_fact(out, "depth", fact, width);
    }
}

static void put_facts(buf *out, const perf *p, sw_engine *e, int width)
{
    const sw_model_info *const m = sw_engine_info(e);
    const sw_engine_state *const s = &p->states[0], now = sw_engine_get_state(e);
    const double peak = (double)p->peak_bytes, file = (double)m->file_bytes, kv = (double)s->kv_bytes_max;
    perf_bytes_text b1, b2, b3, b4;
    buf fact;
    buf_init(&fact, FACT_BYTES_MAX);
    escape_terminal(&fact, m->name, strlen(m->name));
    buf_printf(&fact, ", %s, %s", m->quant, perf_show_bytes(file, b1));
    put_fact(out, "model", &fact, width);
    buf_printf(&fact, "%s of weights read to generate one; %.1f M multiply-adds in a prompt",
               perf_show_bytes((double)m->bytes_per_token, b1), (double)m->multiply_adds_per_token / 1e6);
    put_fact(out, "token", &fact, width);
    put_kv(out, p, &fact, width);
    put_machine(&fact, &now);
    put_fact(out, "machine", &fact, width);
    put_loads(&fact, p);
    put_fact(out, "load", &fact, width);
    buf_printf(&fact, "%s at most: the file's %s, up to %s of keys and values, and %s", perf_show_bytes(peak, b1),
               perf_show_bytes(file, b2), perf_show_bytes(kv, b3), perf_show_bytes(peak - file - kv, b4));
    put_fact(out, "memory", &fact, width);
    buf_free(&fact);
}

void perf_put_device_note(buf *out, sw_engine *e, int width)
{
    const sw_engine_state s = sw_engine_get_state(e);
    if (perf_uses_device(&s))
        text_wrap(out, "A GPU did a part: the limits of this machine are not its, so there are no shares.", width);
    if (perf_uses_device(&s) && s.is_emulated)
        text_wrap(out, "The GPU is emulated: the figures say nothing of speed.", width);
}

void perf_put_table(buf *out, const perf *p, sw_engine *e, int width)
{
    put_facts(out, p, e, width);
    buf_putc(out, '\n');
    text_table *const table = text_table_create(COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0]);
    for (size_t i = 0; i < p->n_rows; i++)
        put_row(table, p, &p->rows[i]);
    text_table_write(out, table, width, MORE);
    text_table_free(table);
    char end[128];
    snprintf(end, sizeof end, "Medians of %d repetitions; the limit is measured right before and after each.",
             p->n_repeat);
    buf_putc(out, '\n');
    text_wrap(out, end, width);
    perf_put_device_note(out, e, width);
}

/* ---- all formats ------------------------------------------------------------------------------------------------- */

bool perf_format_from_name(const char *name, perf_format *out)
{
    static const char *const NAMES[] = {[PERF_TABLE] = "table",
                                        [PERF_MARKDOWN] = "md",
                                        [PERF_CSV] = "csv",
                                        [PERF_JSON] = "json",
                                        [PERF_JSON_LINES] = "jsonl"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(NAMES[i], name) == 0) {
            *out = (perf_format)i;
            return true;
        }
    }
    return false;
}

sw_code perf_print(const perf *p, sw_engine *e, perf_format format, sw_err *err)
{
    buf out;
    buf_init(&out, OUTPUT_BYTES_MAX);
    switch (format) {
    case PERF_TABLE: perf_put_table(&out, p, e, output_width(STDOUT_FILENO)); break;
    case PERF_MARKDOWN: perf_put_markdown(&out, p, e); break;
    case PERF_CSV: perf_put_csv(&out, p, e); break;
    case PERF_JSON: perf_put_json(&out, p, e); break;
    case PERF_JSON_LINES: perf_put_json_lines(&out, p); break;
    }
    const sw_code code = out.failed;
    if (code == SW_OK)
        fwrite(buf_str(&out), 1, out.size, stdout); // cmd_main reports a failure
    buf_free(&out);
    return code == SW_OK ? SW_OK : sw_fail(err, code, "out of memory for the results");
}
