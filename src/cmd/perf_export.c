/* perf_export.c - the same figures for documents and programs: Markdown, comma-separated values, JSON. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <jansson.h>

#include "base/escape.h"
#include "base/sysinfo.h"
#include "cmd/json_text.h"
#include "cmd/perf_figures.h"
#include "cmd/perf_report.h"
#include "report/csv.h"
#include "report/json/json_parts.h"

/* ---- Markdown ---------------------------------------------------------------------------------------------------- */

/* Tests have llama-bench's names: pp512 evaluates a prompt, tg128 generates. */
static void put_markdown_row(buf *out, const perf *p, const sw_model_info *m, const perf_row *row)
{
    const perf_spread s = perf_spread_of(p, row);
    buf_puts(out, "| ");
    escape_markdown_cell(out, m->name, strlen(m->name));
    perf_bytes_text size;
    buf_printf(out, " | %s | %s | %d | %s%d", m->quant, perf_show_bytes((double)m->file_bytes, size), row->n_threads,
               row->is_prompt ? "pp" : "tg", row->n_tokens);
    if (p->n_depth > 0)
        buf_printf(out, " @ d%d", p->n_depth);
    buf_printf(out, " | %.2f | %.2f | %.2f |", s.rate.p50, s.rate.min, s.rate.max);
    if (s.share.n > 0)
        buf_printf(out, " %.1f | %.1f | %s | %.0f %% |\n", s.used.p50 / 1e9, s.limit.p50 / 1e9, perf_unit(row),
                   100 * s.share.p50);
    else
        buf_printf(out, " - | %.1f | %s | - |\n", s.limit.p50 / 1e9, perf_unit(row));
}

void perf_put_markdown(buf *out, const perf *p, sw_engine *e)
{
    buf_puts(out, "| model | type | size | threads | test | tokens/s | min | max | used | of | unit | share |\n"
                  "| --- | --- | --: | --: | --- | --: | --: | --: | --: | --: | --- | --: |\n");
    for (size_t i = 0; i < p->n_rows; i++)
        put_markdown_row(out, p, sw_engine_info(e), &p->rows[i]);
    const sw_engine_state s = sw_engine_get_state(e);
    if (perf_uses_device(&s))
        buf_putc(out, '\n');
    perf_put_device_note(out, e, /*width=*/0);
}

/* ---- comma-separated values -------------------------------------------------------------------------------------- */

static const char *const CSV_NAMES[] = {
    "model",
    "quant",
    "file_bytes",
    "cpu",
    "isa",
    "backend",
    "threads",
    "test",
    "n_tokens",
    "n_depth",
    "n_seqs",
    "n_repeat",
    "tokens_per_s",
    "tokens_per_s_min",
    "tokens_per_s_max",
    "used_per_s",
    "limit_per_s",
    "unit",
    "share",
    "share_min",
    "share_max",
};

/* A median, or an empty field. */
static void put_csv_median(buf *out, const sample_stats *s)
{
    csv_number(out, s->n > 0 ? s->p50 : NAN);
}

static void put_csv_row(buf *out, const perf *p, const sw_model_info *m, const char *backend, const perf_row *row)
{
    const perf_spread s = perf_spread_of(p, row);
    csv_text(out, m->name);
    csv_text(out, m->quant);
    csv_integer(out, (int64_t)m->file_bytes);
    csv_text(out, sysinfo_cpu_name());
    csv_text(out, p->states[0].isa);
    csv_text(out, backend);
    const int counts[] = {row->n_threads, row->n_tokens, p->n_depth, p->n_seqs, p->n_repeat};
    csv_integer(out, counts[0]);
    csv_text(out, perf_test_name(row));
    for (size_t i = 1; i < sizeof counts / sizeof counts[0]; i++)
        csv_integer(out, counts[i]);
    put_csv_median(out, &s.rate);
    csv_number(out, s.rate.min);
    csv_number(out, s.rate.max);
    put_csv_median(out, &s.used);
    put_csv_median(out, &s.limit);
    csv_text(out, row->is_prompt ? "multiply-adds" : "bytes");
    put_csv_median(out, &s.share);
    csv_number(out, s.share.n > 0 ? s.share.min : NAN);
    csv_number(out, s.share.n > 0 ? s.share.max : NAN);
    csv_end_line(out);
}

void perf_put_csv(buf *out, const perf *p, sw_engine *e)
{
    for (size_t i = 0; i < sizeof CSV_NAMES / sizeof CSV_NAMES[0]; i++)
        csv_text(out, CSV_NAMES[i]);
    csv_end_line(out);
    for (size_t i = 0; i < p->n_rows; i++)
        put_csv_row(out, p, sw_engine_info(e), sw_engine_get_state(e).backend, &p->rows[i]);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

/* Every repetition in order, and their spread; null if unknown.  Sorts `values`. */
static json_t *spread_json(double *values, size_t n)
{
    if (isnan(values[0]))
        return json_null();
    json_t *const list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_figure(values[i]));
    const sample_stats s = stats_of(values, n);
    return json_pack("{so, so, so, so}", "median", json_figure(s.p50), "min", json_figure(s.min), "max",
                     json_figure(s.max), "samples", list);
}

static json_t *row_to_json(const perf *p, const perf_row *row)
{
    perf_figures f = perf_figures_of(p, row);
    json_t *const j =
        json_pack("{si, ss, si, so, so, so, so}", "threads", row->n_threads, "test",
                  row->is_prompt ? "prompt" : "generation", "n_tokens", row->n_tokens, "tokens_per_s",
                  spread_json(f.rate, f.n), row->is_prompt ? "multiply_adds_per_s" : "bytes_per_s",
                  spread_json(f.used, f.n), row->is_prompt ? "peak_multiply_adds_per_s" : "read_bytes_per_s",
                  spread_json(f.limit, f.n), "share", spread_json(f.share, f.n));
    json_object_set_new(j, row->is_prompt ? "multiply_adds_per_token" : "bytes_per_token", json_figure(row->work));
    if (!row->is_prompt)
        json_object_set_new(j, "kv_bytes_per_token", json_figure(row->kv_bytes));
    return j;
}

/* Appends the document, which it frees, and ends the line. */
static void dump(buf *out, json_t *document, size_t flags)
{
    if (json_append(out, document, flags, NULL) != SW_OK && out->failed == SW_OK)
        out->failed = SW_ENOMEM;
    buf_putc(out, '\n');
}

/* The GPU that did a part of the work; null: none did. */
static json_t *device_json(const sw_engine_state *s)
{
    if (!perf_uses_device(s))
        return json_null();
    return json_pack("{ss, so, sb, sI}", "name", s->device, "model", json_text(s->device_model), "emulated",
                     s->is_emulated, "weight_bytes", (json_int_t)s->weight_bytes_vram);
}

void perf_put_json(buf *out, const perf *p, sw_engine *e)
{
    const sw_model_info *const m = sw_engine_info(e);
    const sw_engine_state now = sw_engine_get_state(e);
    json_t *const loads = json_array(), *const rows = json_array();
    for (size_t i = 0; i < p->n_states; i++)
        json_array_append_new(
            loads, json_pack("{si, sf}", "threads", p->states[i].n_threads, "load_ms", p->states[i].load_ms));
    for (size_t i = 0; i < p->n_rows; i++)
        json_array_append_new(rows, row_to_json(p, &p->rows[i]));
    json_t *const j = json_pack(
        "{so, ss, sI, sI, sI, ss, ss, ss, so, si, si, si, si, sI, sI, so, so}", "model", json_text(m->name), "quant",
        m->quant, "file_bytes", (json_int_t)m->file_bytes, "bytes_per_token", (json_int_t)m->bytes_per_token,
        "multiply_adds_per_token", (json_int_t)m->multiply_adds_per_token, "cpu", sysinfo_cpu_name(), "isa",
        p->states[0].isa, "backend", now.backend, "device", device_json(&now), "n_ctx", p->states[0].n_ctx, "n_depth",
        p->n_depth, "n_seqs", p->n_seqs, "n_repeat", p->n_repeat, "peak_memory_bytes", (json_int_t)p->peak_bytes,
        "kv_bytes_max", (json_int_t)p->states[0].kv_bytes_max, "loads", loads, "rows", rows);
    dump(out, j, JSON_INDENT(2));
}

void perf_put_json_lines(buf *out, const perf *p)
{
    for (size_t i = 0; i < p->n_rows; i++)
        dump(out, row_to_json(p, &p->rows[i]), JSON_COMPACT);
}
