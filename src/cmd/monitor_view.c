/* monitor_view.c - lines of figures, put into panels.
 *
 * What is written is counted in characters.  Texts from outside are escaped first and then cut; characters that are
 * wider than one column would damage a line, so only ASCII of them is shown.
 */
#include "cmd/monitor_view.h"

#include <math.h>
#include <string.h>

#include "base/escape.h"
#include "cmd/spark.h"

enum {
    LINES_MAX = 64,  // of a panel
    TWO_PANELS = 72, // columns from which there are two
    GAP = 2,         // columns between panels
    LABEL = 13,      // columns
    VALUE = MONITOR_VALUE_COLUMNS,
    GRAPH_SECONDS = 60, // that a graph shows at least
    CUT_BYTES = 512,
};

/* A line of a panel: the title of a group, a figure, or a note. */
typedef struct view_line {
    const char *title, *note;
    int n_note; // bytes of it
    const monitor_row *row;
} view_line;

typedef struct panel {
    view_line lines[LINES_MAX];
    int n;
} panel;

/* How the lines are laid out. */
typedef struct layout {
    bool has_two;    // panels
    int width;       // of one
    bool is_spaced;  // a blank line between groups
    bool known_only; // what is not known is left out
} layout;

/* ---- text -------------------------------------------------------------------------------------------------------- */

/* Appends text from outside, cut at n_columns and filled with blanks up to there. */
static void put_text(buf *out, const char *text, int n_columns)
{
    buf safe;
    buf_init(&safe, 16 * strlen(text) + 1);
    escape_terminal(&safe, text, strlen(text));
    int n = 0;
    for (const char *p = buf_str(&safe); *p != '\0' && n < n_columns; p++) {
        if (((unsigned char)*p & 0xc0) == 0x80)
            continue; // of the character before
        buf_putc(out, *p == '\n' || *p == '\t' || (unsigned char)*p >= 0x80 ? '?' : *p);
        n++;
    }
    buf_free(&safe);
    for (; n < n_columns; n++)
        buf_putc(out, ' ');
}

static void put_color(buf *out, const monitor_view *v, const char *code)
{
    if (v->has_color)
        buf_printf(out, "\x1b[%sm", code);
}

static void put_title(buf *out, const monitor_view *v, const char *title, int width)
{
    const char *const rule = v->is_ascii ? "-" : "─";
    put_color(out, v, "1");
    buf_printf(out, "%s %s ", rule, title);
    for (int n = (int)strlen(title) + 3; n < width; n++)
        buf_puts(out, rule);
    put_color(out, v, "0");
}

/* ---- a figure ---------------------------------------------------------------------------------------------------- */

/* What fills a graph's height: all of a share, a core at least, else the highest value. */
static double full_of(const monitor_row *row, const double *values, size_t n)
{
    if (row->kind == MONITOR_PERCENT || row->kind == MONITOR_SHARE)
        return 100;
    double highest = row->kind == MONITOR_CORES ? 1 : 0;
    for (size_t i = 0; i < n; i++)
        highest = fmax(highest, values[i]);
    return highest;
}

static void put_graph(buf *out, const monitor_view *v, const monitor_row *row, int width)
{
    double values[MONITOR_BINS_MAX];
    const size_t n = width < MONITOR_BINS_MAX ? (size_t)width : MONITOR_BINS_MAX;
    const double n_samples = ceil(GRAPH_SECONDS / fmax(v->head->interval_s, 0.001) / (double)n);
    const size_t n_per_bin = (size_t)fmin(fmax(n_samples, 1), MONITOR_HISTORY / (double)n);
    monitor_history_bins(v->history, row, n_per_bin, n, values);
    put_color(out, v, "36");
    spark_put(out, values, n, full_of(row, values, n), v->is_ascii);
    put_color(out, v, "0");
    for (size_t i = n; i < (size_t)width; i++)
        buf_putc(out, ' ');
}

/* On a narrow terminal the graph goes first, then the end of the label. */
static void put_row(buf *out, const monitor_view *v, const monitor_row *row, int width)
{
    char cell[CELL_BYTES];
    const double value = monitor_history_latest(v->history, row);
    const bool is_alarm = row->alarm > 0 && value >= row->alarm;
    const int left = width - LABEL - VALUE - 2;
    const int label = left > 0 ? LABEL : width - VALUE - 1;
    monitor_row_format(cell, row, value);
    buf_printf(out, "%-*.*s ", label, label, row->label);
    put_color(out, v, is_alarm ? "1;33" : "0");
    buf_printf(out, "%*.*s", VALUE, VALUE, cell);
    put_color(out, v, "0");
    if (left <= 0)
        return;
    buf_putc(out, ' ');
    if (row->kind == MONITOR_MARK || row->kind == MONITOR_COUNT)
        buf_printf(out, "%*s", left, "");
    else
        put_graph(out, v, row, left);
}

static void put_note(buf *out, const view_line *line, int width)
{
    char note[CUT_BYTES];
    snprintf(note, sizeof note, "%.*s", line->n_note, line->note);
    put_text(out, note, width);
}

static void put_line(buf *out, const monitor_view *v, const view_line *line, int width)
{
    if (line->title != NULL)
        put_title(out, v, line->title, width);
    else if (line->row != NULL)
        put_row(out, v, line->row, width);
    else
        put_note(out, line, width);
}

/* ---- panels ------------------------------------------------------------------------------------------------------ */

static void add_line(panel *p, view_line line)
{
    if (p->n < LINES_MAX)
        p->lines[p->n++] = line;
}

/* Adds lines of whole words. */
static void add_note(panel *p, const char *note, size_t width)
{
    while (note[0] != '\0') {
        size_t n = strlen(note);
        if (n > width)
            for (n = width; n > 1 && note[n] != ' '; n--)
                ;
        n = n > 1 ? n : width; // a word that is longer than a line
        add_line(p, (view_line){.note = note, .n_note = (int)n});
        note += n;
        note += strspn(note, " ");
    }
}

/* A group of which no figure is known is left out, or has a note where there is one. */
static void add_group(panel *p, const monitor_view *v, monitor_group group, const layout *l)
{
    int n_known = 0;
    for (size_t i = 0; i < N_MONITOR_ROWS; i++)
        n_known += MONITOR_ROWS[i].group == group && !isnan(monitor_history_latest(v->history, &MONITOR_ROWS[i]));
    const bool is_note = n_known == 0 && group == MONITOR_GPU && v->head->gpu_note[0] != '\0';
    const bool is_allocated = group == MONITOR_GPU && v->allocation[0] != '\0';
    if (n_known == 0 && l->known_only && !is_note && !is_allocated)
        return;
    if (l->is_spaced && p->n > 0)
        add_line(p, (view_line){.note = ""});
    add_line(p, (view_line){.title = MONITOR_GROUPS[group]});
    if (is_allocated)
        add_note(p, v->allocation, (size_t)l->width);
    if (is_note)
        add_note(p, v->head->gpu_note, (size_t)l->width);
    for (size_t i = 0; i < N_MONITOR_ROWS && !is_note; i++) {
        const monitor_row *const row = &MONITOR_ROWS[i];
        if (row->group == group && (!l->known_only || !isnan(monitor_history_latest(v->history, row))))
            add_line(p, (view_line){.row = row});
    }
}

/* The groups in one panel or two. */
static void fill(panel panels[2], const monitor_view *v, const layout *l)
{
    panels[0].n = panels[1].n = 0;
    for (monitor_group g = 0; g < N_MONITOR_GROUPS; g++)
        add_group(&panels[l->has_two && g >= MONITOR_PROCESSOR], v, g, l);
}

static int height(const panel panels[2])
{
    return panels[0].n > panels[1].n ? panels[0].n : panels[1].n;
}

/* A panel that has ended is blank. */
static void put_panel_line(buf *out, const monitor_view *v, const panel *p, int i, int width)
{
    if (i < p->n)
        put_line(out, v, &p->lines[i], width);
    else
        buf_printf(out, "%*s", width, "");
}

static void put_panels(buf *out, const monitor_view *v, const panel panels[2], const layout *l, int n_columns,
                       int n_lines)
{
    for (int i = 0; i < height(panels) && i < n_lines; i++) {
        put_panel_line(out, v, &panels[0], i, l->width);
        if (l->has_two) {
            buf_printf(out, "%*s", n_columns - 2 * l->width, "");
            put_panel_line(out, v, &panels[1], i, l->width);
        }
        buf_putc(out, '\n');
    }
}

/* ---- the screen -------------------------------------------------------------------------------------------------- */

/* What is watched, and for how long; the time is at the right. */
static void put_header(buf *out, const monitor_view *v, int n_columns)
{
    char what[CUT_BYTES], time[64];
    const recording_head *const h = v->head;
    const size_t n = v->history->n;
    const long s = n > 0 ? (long)v->history->t_s[(n - 1) % MONITOR_HISTORY] : 0;
    if (h->pid != 0)
        snprintf(what, sizeof what, "%s, process %ld", h->program, h->pid);
    else
        snprintf(what, sizeof what, "the machine");
    snprintf(time, sizeof time, "  %ld:%02ld:%02ld, every %g s", s / 3600, s / 60 % 60, s % 60, h->interval_s);
    const int left = n_columns - (int)strlen(time);
    put_color(out, v, "1");
    put_text(out, what, left > 0 ? left : n_columns);
    put_color(out, v, "0");
    buf_printf(out, "%s\n", left > 0 ? time : "");
}

static void put_machine(buf *out, const monitor_view *v, int n_columns)
{
    char text[2 * CUT_BYTES], memory[CELL_BYTES];
    const recording_head *const h = v->head;
    format_bytes(memory, (uint64_t)h->memory_bytes);
    snprintf(text, sizeof text, "%s, %ld cores, %s%s%s", h->cpu, h->n_cores, memory, h->gpu[0] != '\0' ? ", " : "",
             h->gpu);
    put_text(out, text, n_columns);
    buf_putc(out, '\n');
}

/* Where there is little room, first the blank lines go, then what is not known, then what is last. */
void monitor_view_format(buf *out, const monitor_view *v, int n_columns, int n_lines)
{
    enum { N_OTHERS = 3 }; // two lines above and one below
    panel panels[2];
    layout l = {.has_two = n_columns >= TWO_PANELS, .is_spaced = true};
    l.width = l.has_two ? (n_columns - GAP) / 2 : n_columns;
    fill(panels, v, &l);
    for (int i = 0; i < 2 && height(panels) + N_OTHERS > n_lines; i++) {
        l.known_only = i == 1;
        l.is_spaced = false;
        fill(panels, v, &l);
    }
    put_header(out, v, n_columns);
    put_machine(out, v, n_columns);
    put_panels(out, v, panels, &l, n_columns, n_lines - N_OTHERS);
    put_text(out, v->footer, n_columns);
}
