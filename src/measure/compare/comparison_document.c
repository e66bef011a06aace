/* comparison_document.c - a comparison as blocks: both runs, what must be known before, a table for each model, what
 * changed exactly.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/comparison_report.h"
#include "figures/run_status.h"
#include "report/format.h"

enum { LINE_BYTES_MAX = 1 << 20, EXACT_SHOWN_MAX = 20 };

/* ---- the outcome ------------------------------------------------------------------------------------------------- */

static int count_verdicts(const comparison *c, change_verdict verdict, bool of_tests)
{
    int n = 0;
    for (size_t i = 0; i < c->n_rows; i++)
        n += c->rows[i].verdict == verdict && (c->rows[i].test != NULL) == of_tests;
    return n;
}

static void put_count(buf *out, int n, const char *one)
{
    buf_printf(out, "%d %s%s", n, one, n == 1 ? "" : "s");
}

static void put_counts(buf *out, const comparison *c)
{
    static const change_verdict ORDER[] = {CHANGE_WORSE, CHANGE_BETTER, CHANGE_SAME, CHANGE_UNCLEAR};
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++)
        buf_printf(out, "%s%d %s", i > 0 ? ", " : "", count_verdicts(c, ORDER[i], /*of_tests=*/false),
                   change_verdict_name(ORDER[i]));
}

void comparison_put_outcome(buf *out, const comparison *c)
{
    buf_printf(out, "%s: ", comparison_outcome_name(c->outcome));
    switch (c->outcome) {
    case COMPARISON_OK: buf_puts(out, "no regression was found; of the figures over all tests "); break;
    case COMPARISON_REGRESSED:
        put_count(out, comparison_count_regressions(c), "regression");
        buf_puts(out, "; of the figures over all tests ");
        break;
    case COMPARISON_INCONCLUSIVE:
        buf_printf(out, "%zu pairs of tests are too few to judge; more repetitions (--repeat of bench) help",
                   c->pairs.n);
        break;
    default: buf_puts(out, "these runs are not comparable; --force compares them all the same"); break;
    }
    if (c->outcome == COMPARISON_OK || c->outcome == COMPARISON_REGRESSED)
        put_counts(out, c);
}

/* ---- both runs --------------------------------------------------------------------------------------------------- */

static void put_run(document *doc, const char *title, const char *name, const run_record *run)
{
    char time[CELL_BYTES];
    format_time(time, run->info.started_unix_ms);
    doc_fact(doc, title, "", "%s, %s, spillway %s, %s", name, time, run->info.version, run->info.status);
}

/* A sentence for each line of the reasons. */
static void put_reasons(document *doc, const comparison *c)
{
    const char *line = buf_str(&c->reasons);
    while (*line != '\0') {
        const size_t n = strcspn(line, "\n");
        doc_remark(doc, TONE_BAD, "%.*s", (int)n, line);
        line += n + (line[n] == '\n');
    }
    if (c->reasons.size > 0 && c->options.is_forced)
        doc_remark(doc, TONE_BAD, "compared all the same (--force): differences may have other causes");
}

/* Such figures count, but a reader should know. */
static void put_doubt(document *doc, const char *name, const run_record *run)
{
    const int status = run_status_from_name(run->info.status);
    if (status == RUN_NOT_STEADY || status == RUN_INCONCLUSIVE)
        doc_remark(doc, TONE_OPEN, "%s is %s: its figures vary more than those of other runs", name,
                   run_status_name((run_status)status));
}

/* What a file of --share cannot give, so that nobody takes it for equal. */
static void put_shared(document *doc, const comparison *c)
{
    if (!c->options.is_shared)
        return;
    doc_remark(doc, TONE_OPEN,
               "not in a shared file, and not compared: answers, checks, consistency_pct, settings, placement, context "
               "and threads; tests have the numbers of the protocol");
    if (comparison_has_hidden_difference(c))
        doc_remark(doc, TONE_OPEN, "their fingerprints differ; a shared file does not say in what else than is named");
    else
        doc_paragraph(doc, "Their fingerprints are equal: what identifies the runs is the same.");
}

static void put_unpaired(document *doc, const comparison *c)
{
    if (c->pairs.n_only_a > 0 || c->pairs.n_only_b > 0)
        doc_remark(doc, TONE_OPEN, "%zu tests are only in BASE and %zu only in NEW; they are not compared",
                   c->pairs.n_only_a, c->pairs.n_only_b);
}

static void put_head(document *doc, const comparison *c, comparison_names names)
{
    buf line;
    buf_init(&line, LINE_BYTES_MAX);
    comparison_put_outcome(&line, c);
    doc->audience = FOR_PAGES;
    doc_heading(doc, 1, NULL, "Comparison");
    doc_badge(doc, c->outcome == COMPARISON_OK ? TONE_GOOD : TONE_BAD, buf_str(&line), "");
    doc->audience = FOR_ALL;
    buf_free(&line);
    doc_facts(doc, DOC_FACTS);
    put_run(doc, "BASE", names.a, c->a->run);
    put_run(doc, "NEW", names.b, c->b->run);
    if (c->options.knob != NULL)
        doc_fact(doc, "may differ", "", "%s", c->options.knob);
    put_reasons(doc, c);
    put_doubt(doc, "BASE", c->a->run);
    put_doubt(doc, "NEW", c->b->run);
    put_shared(doc, c);
    if (c->outcome != COMPARISON_REFUSED)
        put_unpaired(doc, c);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

// clang-format off
enum { N_SHORT_COLUMNS = 7 }; // of a terminal: the first ones

static const doc_column COLUMNS[] = {
    {"figure", "", "", false, 0},
    {"mode", "", "", false, 0},
    {"BASE", "", "median", true, 0},
    {"NEW", "", "median", true, 0},
    {"change", "", "of the medians; % where the sign is there", true, 0},
    {"95 %", "", "interval of the change", true, 0},
    {"verdict", "", "", false, 0},
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
    if (COMPARE_METRIC_ROWS[row->metric].scope == SCOPE_MODEL)
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

static void put_row(document *doc, const change_row *row, bool is_long)
{
    buf title;
    buf_init(&title, LINE_BYTES_MAX);
    comparison_put_title(&title, row);
    doc_put(doc, buf_str(&title));
    buf_free(&title);
    doc_put(doc, COMPARE_METRIC_ROWS[row->metric].scope == SCOPE_MODEL ? "-" : test_mode_name(row->mode));
    put_value(doc, row, row->change.a);
    put_value(doc, row, row->change.b);
    put_change(doc, row);
    put_verdict(doc, row);
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

/* Of single tests those that changed; on a terminal only where not all did alike. */
static bool is_shown(const comparison *c, size_t i, int subject, bool of_tests, bool is_long)
{
    const change_row *const row = &c->rows[i];
    if (row->subject != subject || (row->test != NULL) != of_tests)
        return false;
    const bool has_changed = row->verdict == CHANGE_BETTER || row->verdict == CHANGE_WORSE;
    return !of_tests || (has_changed && (is_long || row->verdict != row_over_all(c, i)->verdict));
}

static void put_rows(document *doc, const comparison *c, int subject, bool of_tests, bool is_long)
{
    bool has_table = false;
    doc->audience = is_long ? FOR_PAGES : FOR_TERMINAL;
    for (size_t i = 0; i < c->n_rows; i++) {
        if (!is_shown(c, i, subject, of_tests, is_long))
            continue;
        if (!has_table && of_tests)
            doc_paragraph(doc,
                          is_long ? "Single tests that changed:" : "Single tests that changed otherwise than all:");
        if (!has_table)
            doc_table(doc, "", COLUMNS, is_long ? sizeof COLUMNS / sizeof *COLUMNS : N_SHORT_COLUMNS);
        has_table = true;
        put_row(doc, &c->rows[i], is_long);
    }
    doc->audience = FOR_ALL;
}

/* ---- exact changes ----------------------------------------------------------------------------------------------- */

static void put_exact(document *doc, const comparison *c, const exact_change *e)
{
    const test_record *const test = e->pair->a->test;
    buf name;
    buf_init(&name, LINE_BYTES_MAX);
    format_name(&name, test);
    const char *const model = c->a->subjects[e->pair->subject].subject->name, *const mode = test_mode_name(test->mode);
    if (e->metric == COMPARE_FAILED)
        doc_remark(doc, TONE_BAD, "failed: %s (%s, %s) completed, and is now %s", buf_str(&name), model, mode,
                   c->options.is_shared ? "failed" : test_status_name(e->pair->b->test->answer.status));
    else if (e->metric == COMPARE_CHECKS)
        doc_remark(doc, TONE_BAD, "checks: \"%s\" of %s (%s, %s) passed, and fails now", e->check, test->plan.name,
                   model, mode);
    else
        doc_remark(doc, TONE_BAD, "outputs: the answer to %s (%s, %s) is another one now", buf_str(&name), model, mode);
    buf_free(&name);
}

static bool says_nothing_of_answers(const comparison *c)
{
    return c->exact.n_compared[COMPARE_OUTPUTS] == 0 && !c->options.is_shared;
}

static void put_all_exact(document *doc, const comparison *c)
{
    for (int m = 0; m < N_COMPARE_METRICS; m++) {
        size_t n_shown = 0;
        for (size_t i = 0; i < c->exact.n; i++) {
            if (c->exact.items[i].metric == (compare_metric)m && n_shown++ < EXACT_SHOWN_MAX)
                put_exact(doc, c, &c->exact.items[i]);
        }
        if (n_shown > EXACT_SHOWN_MAX)
            doc_remark(doc, TONE_BAD, "%s: %zu more; --json has all", COMPARE_METRIC_ROWS[m].name,
                       n_shown - EXACT_SHOWN_MAX);
        else if (n_shown > 0 && !comparison_count_is_regression(c, (compare_metric)m))
            doc_remark(doc, TONE_OPEN, "%s: allowed by --threshold", COMPARE_METRIC_ROWS[m].name);
    }
    if (says_nothing_of_answers(c))
        doc_remark(doc, TONE_OPEN, "answers are not compared: nothing shows that these servers repeat theirs");
}

/* What the intervals could not exclude. */
static void put_unclear(document *doc, const comparison *c)
{
    const int n = count_verdicts(c, CHANGE_UNCLEAR, /*of_tests=*/false);
    if (n > 0)
        doc_remark(doc, TONE_OPEN,
                   "%d figure%s unclear: the intervals say what cannot be excluded, and more repetitions narrow them",
                   n, n == 1 ? " is" : "s are");
}

void comparison_document(document *doc, const comparison *c, comparison_names names)
{
    put_head(doc, c, names);
    if (c->outcome == COMPARISON_REFUSED)
        return;
    for (size_t s = 0; s < c->a->n_subjects; s++) {
        doc_heading(doc, 2, NULL, c->a->subjects[s].subject->name);
        for (int is_long = 0; is_long < 2; is_long++) {
            put_rows(doc, c, (int)s, /*of_tests=*/false, is_long != 0);
            put_rows(doc, c, (int)s, /*of_tests=*/true, is_long != 0);
        }
    }
    if (c->exact.n > 0 || says_nothing_of_answers(c) || count_verdicts(c, CHANGE_UNCLEAR, false) > 0)
        doc_heading(doc, 2, NULL, "Notes");
    put_all_exact(doc, c);
    put_unclear(doc, c);
}
