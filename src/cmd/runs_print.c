/* runs_print.c - every text comes from a store that anybody may have written, and is escaped. */
#include "cmd/runs_print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "cmd/json_text.h"
#include "cmd/run_names.h"
#include "report/format.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

/* ---- the list --------------------------------------------------------------------------------------------------- */

// clang-format off
static const text_column COLUMNS_OF_LIST[] = {
    {"run",      "",    false, 0},
    {"started",  "",    false, 3},
    {"status",   "",    false, 0},
    {"tests",    "",    true,  1},
    {"model",    "",    false, 2},
    {"protocol", "",    false, 4},
};
// clang-format on

text_table *runs_table_create(void)
{
    return text_table_create(COLUMNS_OF_LIST, sizeof COLUMNS_OF_LIST / sizeof COLUMNS_OF_LIST[0]);
}

/* Puts the content of `cell`, and empties it. */
static void put_cell(text_table *table, buf *cell)
{
    text_table_put(table, buf_str(cell));
    buf_clear(cell);
}

static void put_safe(buf *out, const char *text)
{
    escape_terminal(out, text, strlen(text));
}

void runs_table_put(text_table *table, const char *store, const run_entry *e)
{
    buf cell;
    buf_init(&cell, TEXT_BYTES_MAX);
    run_name_put(&cell, store, e->id);
    put_cell(table, &cell);
    char time[CELL_BYTES];
    format_time(time, e->started_unix_ms);
    text_table_put(table, time);
    put_safe(&cell, e->status);
    put_cell(table, &cell);
    const int n_all = e->n_planned > 0 ? e->n_planned : e->n_measured; // a stress run plans stages, not tests
    buf_printf(&cell, "%d of %d", e->n_completed, n_all);
    put_cell(table, &cell);
    put_safe(&cell, e->model);
    if (e->n_models > 1)
        buf_printf(&cell, " and %d more", e->n_models - 1);
    put_cell(table, &cell);
    put_safe(&cell, e->protocol_name);
    put_cell(table, &cell);
    buf_free(&cell);
}

json_t *runs_json(const char *store, const run_entry *e)
{
    return json_pack("{s:o, s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:i, s:i, s:i, s:s}", "store",
                     json_text(store), "id", (json_int_t)e->id, "started_unix_ms", (json_int_t)e->started_unix_ms,
                     "finished_unix_ms", (json_int_t)e->finished_unix_ms, "status", e->status, "fingerprint",
                     e->fingerprint, "spillway", e->version, "url", e->url, "model", e->model, "models", e->n_models,
                     "sessions", e->n_sessions, "protocol", e->protocol_name, "planned", e->n_planned, "measured",
                     e->n_measured, "completed", e->n_completed, "command", e->command);
}

/* ---- one run ---------------------------------------------------------------------------------------------------- */

/* A line with a title, unless the text is empty.  Line breaks in it are shown as part of the line. */
static void put_line(buf *out, const char *title, const char *text)
{
    if (text[0] == '\0')
        return;
    buf_printf(out, "%-12s ", title);
    buf safe;
    buf_init(&safe, 16 * strlen(text) + 1);
    put_safe(&safe, text);
    for (size_t i = 0; i < safe.size; i++)
        buf_putc(out, safe.data[i] == '\n' || safe.data[i] == '\t' ? ' ' : safe.data[i]);
    buf_putc(out, '\n');
    buf_free(&safe);
}

/* Appends ", text" to a list in brackets; the first one has no comma. */
static void put_item(buf *out, bool *has_items, const char *text)
{
    if (text[0] == '\0')
        return;
    buf_printf(out, "%s%s", *has_items ? ", " : " (", text);
    *has_items = true;
}

static void put_subject(buf *out, const subject_record *s)
{
    buf line;
    char size[CELL_BYTES] = "";
    bool has_items = false;
    buf_init(&line, TEXT_BYTES_MAX);
    buf_puts(&line, s->name);
    if (s->file_bytes > 0)
        format_bytes(size, s->file_bytes);
    const char *const items[] = {s->family, s->quantization, size, s->file_name, s->file_hash};
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
        put_item(&line, &has_items, items[i]);
    buf_puts(&line, has_items ? ")" : "");
    put_line(out, "model", buf_str(&line));
    buf_free(&line);
}

static void put_server(buf *out, const run_record *run, const server_record *s)
{
    buf line;
    bool has_items = true;
    buf_init(&line, TEXT_BYTES_MAX);
    buf_printf(&line, "%s (%s", s->url, server_side_name(s->side));
    put_item(&line, &has_items, run->n_subjects > 1 ? run->subjects[s->subject].name : "");
    put_item(&line, &has_items, s->software);
    put_item(&line, &has_items, s->command);
    buf_puts(&line, ")");
    put_line(out, "server", buf_str(&line));
    buf_free(&line);
}

static void put_fact(buf *out, const run_record *run, const fact_record *f)
{
    buf line;
    char number[CELL_BYTES] = "";
    buf_init(&line, TEXT_BYTES_MAX);
    const fact_id *const id = &FACT_IDS[f->name];
    if (!isnan(f->number))
        snprintf(number, sizeof number, "%.10g", f->number);
    buf_printf(&line, "%s: %s%s", id->name, number, f->text);
    if (number[0] != '\0' && id->unit[0] != '\0')
        buf_printf(&line, " %s", id->unit);
    bool has_items = false;
    put_item(&line, &has_items, f->subject >= 0 && run->n_subjects > 1 ? run->subjects[f->subject].name : "");
    put_item(&line, &has_items, f->source);
    buf_puts(&line, has_items ? ")" : "");
    put_line(out, "fact", buf_str(&line));
    buf_free(&line);
}

void runs_put_identity(buf *out, const char *store, const run_record *run)
{
    const run_info *const i = &run->info;
    char time[CELL_BYTES];
    buf name;
    buf_init(&name, TEXT_BYTES_MAX);
    run_name_put(&name, store, i->id);
    buf_printf(out, "%-12s %s\n", "run", buf_str(&name)); // it is escaped
    buf_free(&name);
    put_line(out, "status", i->status);
    put_line(out, "because", i->reasons);
    format_time(time, i->started_unix_ms);
    put_line(out, "started", time);
    if (i->finished_unix_ms > 0) {
        format_time(time, i->finished_unix_ms);
        put_line(out, "finished", time);
    }
    buf_printf(out, "%-12s %d\n", "sessions", i->n_sessions);
    put_line(out, "fingerprint", i->fingerprint);
    put_line(out, "protocol", i->protocol_name);
    put_line(out, "spillway", i->version);
    put_line(out, "machine", i->cpu);
    put_line(out, "system", i->os);
    put_line(out, "command", i->command);
    for (size_t k = 0; k < run->n_subjects; k++)
        put_subject(out, &run->subjects[k]);
    for (size_t k = 0; k < run->n_servers; k++)
        put_server(out, run, &run->servers[k]);
    for (size_t k = 0; k < run->n_facts; k++)
        put_fact(out, run, &run->facts[k]);
}
