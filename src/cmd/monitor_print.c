/* monitor_print.c - a table of one sample, its JSON, and one line per interval. */
#include "cmd/monitor_print.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "cmd/json_text.h"
#include "json/json_out.h"

enum { NAME = 21, VALUE = 16 }; // columns

/* ---- one sample -------------------------------------------------------------------------------------------------- */

static void put_safe(buf *out, const char *title, const char *text)
{
    if (text[0] == '\0')
        return;
    buf_printf(out, "%-*s ", NAME, title);
    escape_terminal(out, text, strlen(text));
    buf_putc(out, '\n');
}

/* An amount as people read it; other figures as they are. */
static void format_figure(char out[CELL_BYTES], const sample_figure_id *id, double value)
{
    if (!isfinite(value))
        snprintf(out, CELL_BYTES, "-");
    else if (strcmp(id->unit, "B") == 0)
        format_bytes(out, value < 1e18 ? (uint64_t)value : (uint64_t)1e18);
    else
        snprintf(out, CELL_BYTES, "%.10g%s%s", value, id->unit[0] != '\0' ? " " : "", id->unit);
}

static void print_figure(buf *out, const sample_figure_id *id, double value, int width)
{
    char cell[CELL_BYTES], line[1024];
    format_figure(cell, id, value);
    const int n = snprintf(line, sizeof line, "%-*s %*s  %s", NAME, id->name, VALUE, cell, id->meaning);
    buf_append(out, line, width > 0 && width < n ? (size_t)width : (size_t)n);
    buf_putc(out, '\n');
}

void monitor_print_sample(buf *out, const recording_head *head, const sample_values *values, double allocated,
                          int width)
{
    static const sample_figure_id ALLOCATED = {
        "vram_allocated_bytes", "B",
        "VRAM that the server says it allocated: weights, keys and values, working memory"};
    char line[1024];
    if (head->pid != 0)
        snprintf(line, sizeof line, "%s, process %ld", head->program, head->pid);
    else
        snprintf(line, sizeof line, "the machine alone");
    put_safe(out, "watched", line);
    snprintf(line, sizeof line, "%s, %ld cores, %s", head->cpu, head->n_cores, head->os);
    put_safe(out, "machine", line);
    put_safe(out, "gpu", head->gpu[0] != '\0' ? head->gpu : "-");
    put_safe(out, "gpu_driver", head->gpu_driver);
    put_safe(out, "gpu_note", head->gpu_note);
    for (size_t i = 0; i < N_SAMPLE_FIGURES; i++)
        print_figure(out, &SAMPLE_FIGURE_IDS[i], values->v[i], width);
    if (isfinite(allocated))
        print_figure(out, &ALLOCATED, allocated, width);
}

static void print_card(buf *out, const gpu *g, size_t card, int width)
{
    char line[256];
    snprintf(line, sizeof line, "%zu: %s", card, gpu_card_name(g, card));
    put_safe(out, "gpu", line);
    const gpu_values values = gpu_card_values(gpu_card_at(g, card));
    for (size_t i = 0; i < N_GPU_FIGURES; i++) {
        char cell[CELL_BYTES];
        const sample_figure_id *const id = &SAMPLE_FIGURE_IDS[SAMPLE_GPU_PROCESS + i];
        format_figure(cell, id, values.v[i]);
        const int n = snprintf(line, sizeof line, "%-*s %*s  of GPU %zu", NAME, id->name, VALUE, cell, card);
        buf_append(out, line, width > 0 && width < n ? (size_t)width : (size_t)n);
        buf_putc(out, '\n');
    }
}

void monitor_print_gpus(buf *out, const gpu *g, int width)
{
    for (size_t i = 0; gpu_n_cards(g) > 1 && i < gpu_n_cards(g); i++)
        print_card(out, g, i, width);
}

static void print_gpus_json(buf *out, const gpu *g)
{
    for (size_t i = 0; i < gpu_n_cards(g); i++) {
        json_t *card = json_pack("{s:o}", "name", json_text(gpu_card_name(g, i)));
        const gpu_values values = gpu_card_values(gpu_card_at(g, i));
        for (size_t k = 0; k < N_GPU_FIGURES; k++)
            json_put_figure(&card, SAMPLE_FIGURE_IDS[SAMPLE_GPU_PROCESS + k].name, values.v[k]);
        char *const text = card != NULL ? json_dumps(card, JSON_COMPACT) : NULL;
        buf_printf(out, "%s%s", i > 0 ? "," : "", text != NULL ? text : "null");
        mem_free(text);
        json_decref(card);
    }
}

void monitor_print_json(buf *out, const recording_head *head, const sample_values *values, const gpu *g,
                        double allocated)
{
    buf_puts(out, "{\"head\":");
    recording_put_head(out, head);
    buf_puts(out, ",\"sample\":");
    recording_put_sample(out, 0, values);
    buf_puts(out, ",\"gpus\":[");
    print_gpus_json(out, g);
    buf_puts(out, "],\"vram_allocated_bytes\":");
    if (isfinite(allocated))
        buf_printf(out, "%.0f", allocated);
    else
        buf_puts(out, "null");
    buf_puts(out, "}\n");
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

/* What fits into 80 columns; all figures are in JSON lines and in recordings. */
static const struct {
    const char *title;
    int width;
    sample_figure figure;
} CELLS[] = {
    {"private", 10, SAMPLE_PRIVATE},        {"resident", 10, SAMPLE_RSS},      {"swapped", 9, SAMPLE_SWAP},
    {"majflt/s", 8, SAMPLE_MAJOR_FAULTS},   {"server", 11, SAMPLE_SERVER_CPU}, {"machine", 7, SAMPLE_MACHINE_CPU},
    {"GPU memory", 10, SAMPLE_GPU_PROCESS},
};
enum { N_CELLS = sizeof CELLS / sizeof CELLS[0] };

static const monitor_row *row_of(sample_figure figure)
{
    for (size_t i = 0; i < N_MONITOR_ROWS; i++) {
        if (MONITOR_ROWS[i].figure == figure)
            return &MONITOR_ROWS[i];
    }
    return NULL; // every figure has a row
}

void monitor_print_names(buf *out)
{
    buf_printf(out, "%-8s", "UTC");
    for (size_t i = 0; i < N_CELLS; i++)
        buf_printf(out, " %*s", CELLS[i].width, CELLS[i].title);
    buf_putc(out, '\n');
}

void monitor_print_line(buf *out, const monitor_history *h, int64_t unix_s)
{
    char text[CELL_BYTES];
    struct tm tm = {0};
    const time_t t = (time_t)unix_s;
    gmtime_r(&t, &tm);
    strftime(text, sizeof text, "%H:%M:%S", &tm);
    buf_puts(out, text);
    for (size_t i = 0; i < N_CELLS; i++) {
        const monitor_row *const row = row_of(CELLS[i].figure);
        monitor_row_format(text, row, monitor_history_latest(h, row));
        buf_printf(out, " %*s", CELLS[i].width, text);
    }
    buf_putc(out, '\n');
}
