/* comparison_tables.c - rows of figures, and conditions that differ. */
#include "compare/comparison_tables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/comparison_report.h"
#include "report/format.h"

enum { LINE_BYTES_MAX = 1 << 20 };

// clang-format off
enum { N_SHORT_COLUMNS = 7 }; // the first ones

static const doc_column COLUMNS[] = {
    {"figure", "", "", false, 0},
    {"mode", "", "of a stress run: the stage", false, 0},
    {"verdict", "", "", false, 0},
    {"change", "", "of a typical pair; % where the sign is there", true, 0},
    {"95 %", "", "interval of the change", true, 0},
    {"BASE", "", "median", true, 0},
    {"NEW", "", "median", true, 0},
    {"p", "", "corrected for all figures; below 0.05 is a change", true, 0},
    {"pairs", "", "of the same prompt, seed and repetition", true, 0},
    {"may be worse by", "", "", true, 0},
};
// clang-format on

void comparison_put_title(buf *out, const change_row *row)
{
    buf_puts(out, COMPARE_METRIC_ROWS[row->metric].name);
    if (row->test != NULL)
        buf_printf(out, " of %s%s%s", row->test->plan.name, row->test->variant[0] != '\0' ? " at " : "",
                   row->test->variant);
}

void comparison_put_place(buf *out, const comparison *c, int stage, test_mode mode)
{
    const stage_record *const s = stage >= 0 ? &c->a->run->stages[stage] : NULL;
    if (s != NULL)
        buf_printf(out, "%s: %s", s->suite, s->name);
    if (s == NULL || mode != MODE_STREAM)
        buf_printf(out, "%s%s", s != NULL ? ", " : "", test_mode_name(mode));
}

/* "+12.3" of relative figures, else "-0.041"; "0", "-". */
static void format_signed(char out[CELL_BYTES], const change_row *row, double difference)
{
    const double value = change_row_shown(row, difference);
    char number[CELL_BYTES];
    format_number(number, fabs(value));
    if (COMPARE_METRIC_ROWS[row->metric].is_relative && !isnan(value))
        snprintf(out, CELL_BYTES, "%+.1f", value);
    else
        snprintf(out, CELL_BYTES, "%s%.20s", isnan(value) || value == 0 ? "" : value < 0 ? "-" : "+", number);
}

static void put_change(document *doc, const change_row *row)
{
    const compare_metric_row *const metric = &COMPARE_METRIC_ROWS[row->metric];
    const paired_change *const p = &row->change;
    char cell[CELL_BYTES], low[CELL_BYTES], high[CELL_BYTES];
    format_signed(cell, row, p->difference);
    doc_putf(doc, "%s%s", cell, metric->is_relative && !isnan(p->difference) ? "%" : "");
    format_signed(low, row, p->range.low);
    format_signed(high, row, p->range.high);
    if (isnan(p->range.low) || metric->scope == SCOPE_MODEL)
        doc_put(doc, "-");
    else
        doc_putf(doc, "%s to %s", low, high);
}

/* The unit is in the name of the figure. */
static void put_value(document *doc, const change_row *row, double value)
{
    char cell[CELL_BYTES];
    if (strcmp(COMPARE_METRIC_ROWS[row->metric].unit, "B") == 0)
        format_bytes(cell, value);
    else
        format_number(cell, value);
    doc_put(doc, cell);
}

static void put_verdict(document *doc, const change_row *row)
{
    static const doc_tone TONES[] = {TONE_GOOD, TONE_BAD, TONE_PLAIN, TONE_PLAIN};
    doc_put_tone(doc, TONES[row->verdict], row->is_regression ? "REGRESSION" : change_verdict_name(row->verdict));
}

static void put_more(document *doc, const change_row *row)
{
    char cell[CELL_BYTES];
    format_number(cell, row->p_value);
    doc_put(doc, row->p_value < 0.001 ? "<0.001" : cell);
    doc_putf(doc, "%zu", row->change.n);
    format_number(cell, row->allowed);
    doc_putf(doc, "%s%s", cell, COMPARE_METRIC_ROWS[row->metric].is_relative && !isnan(row->allowed) ? "%" : "");
}

static void put_row(document *doc, const comparison *c, const change_row *row, bool is_long)
{
    buf title;
    buf_init(&title, LINE_BYTES_MAX);
    comparison_put_title(&title, row);
    doc_put(doc, buf_str(&title));
    buf_clear(&title);
    comparison_put_place(&title, c, row->stage, row->mode);
    doc_put(doc, COMPARE_METRIC_ROWS[row->metric].scope == SCOPE_MODEL ? "-" : buf_str(&title));
    buf_free(&title);
    put_verdict(doc, row);
    put_change(doc, row);
    put_value(doc, row, row->change.a);
    put_value(doc, row, row->change.b);
    if (is_long)
        put_more(doc, row);
}

/* The row over all tests, which is before those of single ones. */
static const change_row *row_over_all(const comparison *c, size_t i)
{
    while (c->rows[i].test != NULL)
        i--;
    return &c->rows[i];
}

static bool has_changed(const change_row *row)
{
    return row->verdict == CHANGE_BETTER || row->verdict == CHANGE_WORSE;
}

static bool is_of(const comparison *c, size_t i, int subject, comparison_choice choice)
{
    const change_row *const row = &c->rows[i];
    if (row->subject != subject || (row->test != NULL) != (choice != CHOICE_OVER_ALL))
        return false;
    switch (choice) {
    case CHOICE_CHANGED: return has_changed(row);
    case CHOICE_OTHERWISE: return has_changed(row) && row->verdict != row_over_all(c, i)->verdict;
    default: return true;
    }
}

size_t comparison_table(document *doc, const comparison *c, int subject, comparison_choice choice, bool is_long,
                        size_t max_rows)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_rows; i++) {
        if (!is_of(c, i, subject, choice) || n++ >= max_rows)
            continue;
        if (n == 1)
            doc_table(doc, "", COLUMNS, is_long ? sizeof COLUMNS / sizeof *COLUMNS : N_SHORT_COLUMNS);
        put_row(doc, c, &c->rows[i], is_long);
    }
    return n;
}

size_t comparison_count_rows(const comparison *c, int subject, comparison_choice choice)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_rows; i++)
        n += is_of(c, i, subject, choice);
    return n;
}

// clang-format off
static const doc_column VERDICTS[] = {
    {"criterion", "", "", false, 0},
    {"BASE", "", "", false, 0},
    {"NEW", "", "", false, 0},
    {"found now", "", "", false, 1},
};
// clang-format on

void comparison_verdicts(document *doc, const comparison *c, int subject)
{
    static const doc_tone TONES[] = {[STRESS_MET] = TONE_GOOD,
                                     [STRESS_NOT_MET] = TONE_BAD,
                                     [STRESS_INCONCLUSIVE] = TONE_OPEN,
                                     [STRESS_INVALID] = TONE_OPEN};
    size_t n = 0;
    for (size_t i = 0; i < c->verdicts.n; i++) {
        const verdict_pair *const p = &c->verdicts.items[i];
        if (p->subject != subject)
            continue;
        if (n++ == 0)
            doc_table(doc, "Criteria", VERDICTS, sizeof VERDICTS / sizeof *VERDICTS);
        doc_put(doc, p->b->criterion->id);
        doc_put_tone(doc, TONES[p->a->verdict], stress_verdict_name(p->a->verdict));
        doc_put_tone(doc, TONES[p->b->verdict], stress_verdict_name(p->b->verdict));
        doc_put(doc, p->b->found);
    }
}

// clang-format off
static const doc_column DIFFERENCES[] = {
    {"condition", "", "", false, 0},
    {"BASE", "", "", false, 0},
    {"NEW", "", "", false, 0},
    {"allowed", "", "the part that --knob names", false, 2},
};
// clang-format on

void comparison_differences(document *doc, const comparison *c)
{
    if (c->changes.n == 0)
        return;
    doc_table(doc, "Conditions that differ", DIFFERENCES, sizeof DIFFERENCES / sizeof *DIFFERENCES);
    for (size_t i = 0; i < c->changes.n; i++) {
        const run_difference *const d = &c->changes.items[i];
        const bool is_knob = c->options.knob != NULL && strcmp(d->part, c->options.knob) == 0;
        doc_put(doc, d->part);
        doc_put(doc, d->a);
        doc_put(doc, d->b);
        doc_put(doc, is_knob ? "may differ (--knob)" : "");
    }
}
