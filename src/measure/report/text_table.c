/* text_table.c - cells are kept until the widths of all columns are known.
 *
 * Widths count code points; a wide character counts as one, so that its row may be out of line.
 */
#include "report/text_table.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/utf8.h"

enum { COLUMNS_MAX = TEXT_TABLE_COLUMNS_MAX, FIRST_WIDTH_MIN = 8, GAP = 2 };

struct text_table {
    const text_column *columns;
    int n_columns;
    arena *keep;
    const char **cells; // row by row
    const char **notes; // (n_rows) NULL: none
    size_t n_cells, cap_cells, n_notes, cap_notes;
    bool has_failed; // for want of memory
};

text_table *text_table_create(const text_column *columns, int n_columns)
{
    text_table *const t = mem_calloc(1, sizeof *t);
    if (t == NULL || n_columns > COLUMNS_MAX || (t->keep = arena_create()) == NULL) {
        mem_free(t);
        return NULL;
    }
    t->columns = columns;
    t->n_columns = n_columns;
    return t;
}

void text_table_free(text_table *t)
{
    if (t == NULL)
        return;
    mem_free(t->cells);
    mem_free(t->notes);
    arena_free(t->keep);
    mem_free(t);
}

/* A text of one line: a break in a cell from outside would be a row of its own. */
static const char *copy_line(text_table *t, const char *text)
{
    char *const copy = arena_copy(t->keep, text, strlen(text));
    for (char *p = copy; p != NULL && *p != '\0'; p++) {
        if (*p == '\n' || *p == '\r' || *p == '\t')
            *p = ' ';
    }
    return copy;
}

void text_table_put(text_table *t, const char *text)
{
    if (t == NULL || t->has_failed)
        return;
    const char *const copy = copy_line(t, text);
    const bool is_first = t->n_cells % (size_t)t->n_columns == 0;
    t->has_failed = copy == NULL || !mem_grow(&t->cells, &t->cap_cells, t->n_cells + 1, sizeof *t->cells) ||
                    (is_first && !mem_grow(&t->notes, &t->cap_notes, t->n_notes + 1, sizeof *t->notes));
    if (t->has_failed)
        return;
    t->cells[t->n_cells++] = copy;
    if (is_first)
        t->notes[t->n_notes++] = NULL;
}

void text_table_note(text_table *t, const char *text)
{
    if (t == NULL || t->has_failed || t->n_notes == 0)
        return;
    t->notes[t->n_notes - 1] = arena_copy(t->keep, text, strlen(text));
    t->has_failed = t->notes[t->n_notes - 1] == NULL;
}

/* ---- widths ------------------------------------------------------------------------------------------------------ */

/* Of s[0..n). */
static int n_characters_of(const char *s, size_t n)
{
    int count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)s[i] & 0xc0) != 0x80;
    return count;
}

static int n_characters(const char *s)
{
    return n_characters_of(s, strlen(s));
}

static int at_least(int width, const char *text)
{
    const int n = n_characters(text);
    return n > width ? n : width;
}

/* A width of 0 is a column that is left out. */
typedef struct layout {
    int width[COLUMNS_MAX];
} layout;

static layout natural_layout(const text_table *t)
{
    layout l = {{0}};
    for (int c = 0; c < t->n_columns; c++)
        l.width[c] = at_least(at_least(1, t->columns[c].title), t->columns[c].unit);
    for (size_t i = 0; i < t->n_cells; i++) {
        int *const width = &l.width[i % (size_t)t->n_columns];
        *width = at_least(*width, t->cells[i]);
    }
    return l;
}

static int total_width(const text_table *t, const layout *l)
{
    int total = -GAP;
    for (int c = 0; c < t->n_columns; c++)
        total += l->width[c] > 0 ? l->width[c] + GAP : 0;
    return total;
}

/* The column to leave out next, the right one of equals; -1 if none may be. */
static int least_important(const text_table *t, const layout *l)
{
    int worst = -1;
    for (int c = 0; c < t->n_columns; c++) {
        const int rank = t->columns[c].rank;
        if (l->width[c] > 0 && rank > 0 && (worst < 0 || rank >= t->columns[worst].rank))
            worst = c;
    }
    return worst;
}

/* All columns of a rank give way together, since they explain each other. */
static layout fitting_layout(const text_table *t, int width)
{
    layout l = natural_layout(t);
    for (int worst; width > 0 && total_width(t, &l) > width && (worst = least_important(t, &l)) >= 0;) {
        for (int c = 0; c < t->n_columns; c++)
            l.width[c] = t->columns[c].rank == t->columns[worst].rank ? 0 : l.width[c];
    }
    const int excess = total_width(t, &l) - width;
    if (width > 0 && excess > 0)
        l.width[0] = l.width[0] - excess > FIRST_WIDTH_MIN ? l.width[0] - excess : FIRST_WIDTH_MIN;
    return l;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void put_spaces(buf *out, int n)
{
    for (int i = 0; i < n; i++)
        buf_putc(out, ' ');
}

/* At most `width` characters of the text, and spaces up to it. */
static void put_cell(buf *out, const char *text, int width, bool is_number)
{
    size_t n = strlen(text);
    int n_left = n_characters(text);
    while (n_left > width) { // the first column only
        n_left -= ((unsigned char)text[n - 1] & 0xc0) != 0x80;
        n--;
    }
    n = utf8_complete_prefix(text, n);
    put_spaces(out, is_number ? width - n_left : 0);
    buf_append(out, text, n);
    put_spaces(out, is_number ? 0 : width - n_left);
}

/* One line, without spaces at its end. */
static void put_line(buf *out, const text_table *t, const layout *l, const char *const *cells)
{
    bool is_first = true;
    for (int c = 0; c < t->n_columns; c++) {
        if (l->width[c] == 0)
            continue;
        put_spaces(out, is_first ? 0 : GAP);
        put_cell(out, cells[c], l->width[c], t->columns[c].is_number);
        is_first = false;
    }
    while (out->size > 0 && out->data[out->size - 1] == ' ')
        out->size--;
    buf_putc(out, '\n');
}

/* Titles, then units if there are any. */
static void put_head(buf *out, const text_table *t, const layout *l)
{
    const char *titles[COLUMNS_MAX] = {NULL}, *units[COLUMNS_MAX] = {NULL};
    bool has_units = false;
    for (int c = 0; c < t->n_columns; c++) {
        titles[c] = t->columns[c].title;
        units[c] = t->columns[c].unit;
        has_units |= l->width[c] > 0 && units[c][0] != '\0';
    }
    put_line(out, t, l, titles);
    if (has_units)
        put_line(out, t, l, units);
}

static void put_missing(buf *out, const text_table *t, const layout *l, int width, const char *more)
{
    buf line;
    buf_init(&line, 4096);
    for (int c = 0; c < t->n_columns; c++) {
        if (l->width[c] == 0)
            buf_printf(&line, "%s%s%s%s", line.size == 0 ? "No room for: " : ", ", t->columns[c].title,
                       t->columns[c].unit[0] != '\0' ? " " : "", t->columns[c].unit);
    }
    if (line.size > 0) {
        if (more[0] != '\0')
            buf_printf(&line, " (%s)", more);
        buf_putc(&line, '.');
        buf_putc(out, '\n');
        text_wrap(out, buf_str(&line), width);
    }
    buf_free_part(&line, out);
}

void text_table_write(buf *out, const text_table *t, int width, const char *more)
{
    if (t == NULL || t->has_failed) {
        out->failed = out->failed == SW_OK ? SW_ENOMEM : out->failed;
        return;
    }
    const layout l = fitting_layout(t, width);
    put_head(out, t, &l);
    for (size_t r = 0; r < t->n_notes; r++) {
        put_line(out, t, &l, t->cells + r * (size_t)t->n_columns);
        if (t->notes[r] != NULL)
            text_wrap(out, t->notes[r], width);
    }
    put_missing(out, t, &l, width, more);
}

/* Words longer than the width have lines of their own, and stay whole.  Spaces within a line are kept. */
void text_wrap_hanging(buf *out, const char *text, int width, int hang)
{
    int column = 0;
    bool has_word = false; // in this line
    while (*text != '\0') {
        const size_t n_spaces = strspn(text, " ");
        const size_t n_word = strcspn(text + n_spaces, " ");
        const int n = n_characters_of(text + n_spaces, n_word);
        if (has_word && width > 0 && column + (int)n_spaces + n > width) {
            buf_putc(out, '\n');
            put_spaces(out, hang);
            column = hang;
        } else {
            put_spaces(out, (int)n_spaces);
            column += (int)n_spaces;
        }
        buf_append(out, text + n_spaces, n_word);
        column += n;
        has_word = n > 0;
        text += n_spaces + n_word;
    }
    buf_putc(out, '\n');
}

void text_wrap(buf *out, const char *text, int width)
{
    text_wrap_hanging(out, text, width, (int)strspn(text, " "));
}
