/* comparison_document.c - a comparison as blocks: both runs, what must be known before, tables for each model, what
 * changed exactly; longer on pages than on a terminal, and in Markdown short with the rest folded.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/comparison_report.h"
#include "compare/comparison_tables.h"
#include "figures/run_status.h"
#include "report/format.h"
#include "report/render.h"

enum { LINE_BYTES_MAX = 1 << 20, EXACT_SHOWN_MAX = 20, MARKDOWN_TESTS_MAX = 100 };

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
    if (c->reasons.size > 0 && c->options.is_forced && c->outcome != COMPARISON_REFUSED)
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

static void put_emulated(document *doc, const comparison *c)
{
    if (comparison_is_emulated(c))
        doc_remark(doc, TONE_OPEN,
                   "a GPU was emulated: figures of an emulated device say nothing of speed; times and rates are not "
                   "compared");
}

static void put_unpaired(document *doc, const comparison *c)
{
    if (c->pairs.n_only_a > 0 || c->pairs.n_only_b > 0)
        doc_remark(doc, TONE_OPEN, "%zu tests are only in BASE and %zu only in NEW; they are not compared",
                   c->pairs.n_only_a, c->pairs.n_only_b);
}

static void put_head(document *doc, const comparison *c, comparison_names names)
{
    const doc_tone tone = c->outcome == COMPARISON_OK ? TONE_GOOD : TONE_BAD;
    buf why;
    buf_init(&why, LINE_BYTES_MAX);
    comparison_put_why(&why, c);
    doc->audience = FOR_PAGES;
    doc_heading(doc, 1, NULL, "Comparison");
    doc_badge(doc, tone, comparison_outcome_name(c->outcome), buf_str(&why));
    doc->audience = FOR_ALL;
    buf_free(&why);
    doc_facts(doc, DOC_FACTS);
    put_run(doc, "BASE", names.a, c->a->run);
    put_run(doc, "NEW", names.b, c->b->run);
    if (c->options.knob != NULL)
        doc_fact(doc, "may differ", "", "%s", c->options.knob);
    put_reasons(doc, c);
    put_doubt(doc, "BASE", c->a->run);
    put_doubt(doc, "NEW", c->b->run);
    put_shared(doc, c);
    put_emulated(doc, c);
    if (c->outcome != COMPARISON_REFUSED)
        put_unpaired(doc, c);
}

/* ---- exact changes ----------------------------------------------------------------------------------------------- */

static void put_exact_test(document *doc, const comparison *c, const exact_change *e)
{
    const test_record *const test = e->pair->a->test;
    buf name, place;
    buf_init(&name, LINE_BYTES_MAX);
    buf_init(&place, LINE_BYTES_MAX);
    format_name(&name, test);
    comparison_put_place(&place, c, e->pair->stage, test->mode);
    const char *const model = c->a->subjects[e->subject].label, *const mode = buf_str(&place);
    if (e->metric == COMPARE_FAILED)
        doc_remark(doc, TONE_BAD, "failed: %s (%s, %s) completed, and is now %s", buf_str(&name), model, mode,
                   c->options.is_shared ? "failed" : test_status_name(e->pair->b->test->answer.status));
    else if (e->metric == COMPARE_CHECKS)
        doc_remark(doc, TONE_BAD, "checks: \"%s\" of %s (%s, %s) passed, and fails now", e->check, test->plan.name,
                   model, mode);
    else
        doc_remark(doc, TONE_BAD, "outputs: the answer to %s (%s, %s) is another one now", buf_str(&name), model, mode);
    buf_free(&name);
    buf_free(&place);
}

static void put_exact(document *doc, const comparison *c, const exact_change *e)
{
    if (e->metric == COMPARE_VERDICTS)
        doc_remark(doc, TONE_BAD, "verdicts: %s (%s) was met, and is not met", e->check,
                   c->a->subjects[e->subject].label);
    else
        put_exact_test(doc, c, e);
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
    const int n = comparison_count_verdicts(c, CHANGE_UNCLEAR);
    if (n > 0)
        doc_remark(doc, TONE_OPEN,
                   "%d figure%s unclear: the intervals say what cannot be excluded, and more repetitions narrow them",
                   n, n == 1 ? " is" : "s are");
}

static void put_notes(document *doc, const comparison *c)
{
    if (c->exact.n > 0 || says_nothing_of_answers(c) || comparison_count_verdicts(c, CHANGE_UNCLEAR) > 0)
        doc_heading(doc, 2, "notes", "Notes");
    put_all_exact(doc, c);
    put_unclear(doc, c);
}

/* ---- the forms --------------------------------------------------------------------------------------------------- */

static const char *model_of(const comparison *c, size_t subject)
{
    return c->a->subjects[subject].label;
}

static void put_terminal(document *doc, const comparison *c)
{
    doc->audience = FOR_TERMINAL;
    for (size_t s = 0; s < c->a->n_subjects; s++) {
        doc_heading(doc, 2, NULL, model_of(c, s));
        comparison_verdicts(doc, c, (int)s);
        comparison_table(doc, c, (int)s, CHOICE_OVER_ALL, /*is_long=*/false, SIZE_MAX);
        if (comparison_count_rows(c, (int)s, CHOICE_OTHERWISE) == 0)
            continue;
        doc_paragraph(doc, "Single tests that changed otherwise than all:");
        comparison_table(doc, c, (int)s, CHOICE_OTHERWISE, /*is_long=*/false, SIZE_MAX);
    }
    doc->audience = FOR_ALL;
}

/* Every single test of a model, hidden until it is asked for. */
static void put_tests(document *doc, const comparison *c, int subject, size_t max_rows)
{
    const size_t n = comparison_count_rows(c, subject, CHOICE_TESTS);
    if (n == 0)
        return;
    char title[64];
    snprintf(title, sizeof title, "Every figure of single tests (%zu)", n);
    doc_fold_begin(doc, NULL, title);
    comparison_table(doc, c, subject, CHOICE_TESTS, /*is_long=*/true, max_rows);
    if (n > max_rows)
        doc_paragraph(doc, "%zu more are not shown here; --format html and json have all.", n - max_rows);
    doc_fold_end(doc);
}

static void put_long(document *doc, const comparison *c, size_t max_rows)
{
    for (size_t s = 0; s < c->a->n_subjects; s++) {
        char anchor[32];
        snprintf(anchor, sizeof anchor, "model-%zu", s + 1);
        doc_heading(doc, 2, anchor, model_of(c, s));
        comparison_verdicts(doc, c, (int)s);
        comparison_table(doc, c, (int)s, CHOICE_OVER_ALL, /*is_long=*/true, SIZE_MAX);
        if (comparison_count_rows(c, (int)s, CHOICE_CHANGED) > 0)
            doc_paragraph(doc, "Single tests that changed:");
        comparison_table(doc, c, (int)s, CHOICE_CHANGED, /*is_long=*/true, max_rows);
        put_tests(doc, c, (int)s, max_rows);
    }
}

void comparison_document(document *doc, const comparison *c, comparison_names names)
{
    put_head(doc, c, names);
    doc->audience = FOR_PAGES;
    comparison_differences(doc, c);
    doc->audience = FOR_ALL;
    if (c->outcome == COMPARISON_REFUSED)
        return;
    put_terminal(doc, c);
    doc->audience = FOR_PAGES;
    put_long(doc, c, SIZE_MAX);
    doc->audience = FOR_ALL;
    put_notes(doc, c);
}

/* Renders a document of what `put` appends. */
static void put_part(buf *out, const comparison *c, comparison_names names,
                     void (*put)(document *doc, const comparison *c, comparison_names names))
{
    document doc;
    document_init(&doc);
    put(&doc, c, names);
    render_markdown(out, &doc);
    document_free(&doc);
}

static void put_short(document *doc, const comparison *c, comparison_names names)
{
    put_head(doc, c, names);
    for (size_t s = 0; c->outcome != COMPARISON_REFUSED && s < c->a->n_subjects; s++) {
        doc_heading(doc, 3, NULL, model_of(c, s));
        comparison_verdicts(doc, c, (int)s);
        comparison_table(doc, c, (int)s, CHOICE_OVER_ALL, /*is_long=*/false, SIZE_MAX);
    }
    if (c->outcome != COMPARISON_REFUSED)
        put_all_exact(doc, c);
}

static void put_details(document *doc, const comparison *c, comparison_names names)
{
    (void)names;
    comparison_differences(doc, c);
    if (c->outcome == COMPARISON_REFUSED)
        return;
    put_long(doc, c, MARKDOWN_TESTS_MAX);
    put_unclear(doc, c);
}

void comparison_markdown(buf *out, const comparison *c, comparison_names names)
{
    buf details;
    buf_init(&details, out->max);
    put_part(out, c, names, put_short);
    put_part(&details, c, names, put_details);
    if (details.size > 0) {
        buf_puts(out, "<details><summary>Details: conditions, thresholds, p-values, single tests</summary>\n\n");
        buf_append(out, buf_str(&details), details.size);
        buf_puts(out, "</details>\n");
    }
    buf_free_part(&details, out);
}
