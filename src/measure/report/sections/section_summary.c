/* section_summary.c - what a run found, in one sentence for each topic, every figure leading to the row that it is
 * from.
 *
 * Every sentence is made of figures by a function that says nothing where they are missing: none is written by hand.
 */
#include <math.h>
#include <string.h>

#include "figures/reading.h"
#include "report/format.h"
#include "report/sections/anchors.h"
#include "report/sections/sections.h"

enum {
    MODELS_MAX = 6, // that a sentence names
    SENTENCE_BYTES_MAX = 1 << 20,
};

/* Of which a clause is made. */
typedef struct summary_input {
    const criteria_list *criteria;
    const subject_analysis *subject;
    reading_figures streamed, whole; // of the subject
    bool is_first;                   // of the sentence: the clauses after it leave out its verb
} summary_input;

/* ---- one clause for each model ----------------------------------------------------------------------------------- */

/* Appends what is to be said of the model; nothing where its figures are missing. */
typedef void put_clause_fn(linked_text *out, const summary_input *in);

static void put_name(linked_text *out, const summary_input *in, const char *verb, const char *verb_after)
{
    const char *const word = in->is_first ? verb : verb_after;
    linked_text_printf(out, "%s %s%s", in->subject->label, word, word[0] != '\0' ? " " : "");
}

static void put_speed(linked_text *out, const summary_input *in)
{
    const run_summary *const m = &in->subject->modes[MODE_STREAM];
    const anchor row = anchor_of_mode("modes", in->subject->index, MODE_STREAM);
    char overall[CELL_BYTES], decode[CELL_BYTES], range[CELL_BYTES], first[CELL_BYTES];
    if (isnan(m->overall_tps))
        return;
    format_number(overall, m->overall_tps);
    format_number(decode, m->decode_tps);
    format_range(range, m->decode_range.low, m->decode_range.high);
    format_by_unit(first, m->ttft_ms.p50, "ms");
    put_name(out, in, "gives", "gives");
    linked_text_link(out, row.text, "%s", overall);
    linked_text_puts(out, in->is_first ? " tokens a second on average" : "");
    if (!isnan(m->ttft_ms.p50)) {
        linked_text_puts(out, in->is_first ? ", the first after " : ", first after ");
        linked_text_link(out, row.text, "%s", first);
    }
    if (!isnan(m->decode_tps)) {
        linked_text_puts(out, " and then ");
        linked_text_link(out, row.text, "%s%s%s%s", decode, range[0] != '\0' ? " (95 %: " : "", range,
                         range[0] != '\0' ? ")" : "");
        linked_text_puts(out, in->is_first ? " a second" : "");
    }
}

static void put_memory(linked_text *out, const summary_input *in)
{
    const memory_figures *const m = &in->subject->memory;
    const bool saves = m->kind != SAVING_NONE && !isnan(m->saved_pct), has_peak = !isnan(m->ram_offloaded_bytes);
    char saved[CELL_BYTES], peak[CELL_BYTES];
    format_number(saved, m->saved_pct);
    format_bytes(peak, m->ram_offloaded_bytes);
    if (saves || has_peak)
        linked_text_printf(out, "%s ", in->subject->label);
    if (saves) {
        linked_text_puts(out, m->kind == SAVING_MEASURED ? "saves " : "would save ");
        linked_text_link(out, anchor_part(in->subject->index, "saving").text, "%s %%", saved);
        linked_text_puts(out, in->is_first ? " of the VRAM with its experts in RAM" : " of the VRAM");
        linked_text_puts(out, m->kind == SAVING_MEASURED ? " (measured)"
                              : in->is_first             ? " (computed from its file, not measured)"
                                                         : " (computed)");
    }
    if (has_peak) {
        linked_text_puts(out, saves ? " and takes " : "takes ");
        linked_text_link(out, anchor_part(in->subject->index, "ram").text, "%s", peak);
        linked_text_puts(out, in->is_first ? " of private memory at most" : "");
    }
}

/* ", " and words before a figure; in clauses after the first, fewer words. */
static void put_words(linked_text *out, const summary_input *in, size_t before, const char *words, const char *fewer)
{
    linked_text_printf(out, "%s%s", out->text.size > before ? ", " : "", in->is_first ? words : fewer);
}

static void put_repetition(linked_text *out, const summary_input *in, size_t before)
{
    const run_summary *const m = &in->subject->modes[MODE_STREAM];
    char share[CELL_BYTES];
    size_t n_text = 0; // an answer without text repeats nothing, but that is no figure
    for (size_t i = 0; i < m->n_rows; i++)
        n_text += m->rows[i].test->answer.n_text;
    if (m->n_completed == 0 || n_text == 0 || isnan(m->mean_repetition))
        return;
    format_percent(share, m->mean_repetition);
    put_words(out, in, before, "repeats ", "repeats ");
    linked_text_link(out, anchor_of_mode("modes", in->subject->index, MODE_STREAM).text, "%s %%", share);
    linked_text_puts(out, in->is_first ? " of its word triples (" : " (");
    linked_text_link(out, anchor_part(in->subject->index, "marks").text, "%d of %d", m->n_degenerate, m->n_completed);
    linked_text_puts(out, in->is_first ? " answers degenerate)" : ")");
}

static void put_quality(linked_text *out, const summary_input *in)
{
    const subject_analysis *const s = in->subject;
    const anchor marks = anchor_part(s->index, "marks");
    char mark[CELL_BYTES];
    linked_text_printf(out, "%s ", s->label);
    const size_t before = out->text.size;
    if (!isnan(s->mark_mean)) {
        format_number(mark, s->mark_mean);
        put_words(out, in, before, "has a mean mark of ", "has ");
        linked_text_link(out, marks.text, "%s of 5", mark);
    }
    if (s->n_technical_run > 0) {
        put_words(out, in, before, "passes ", "passes ");
        linked_text_link(out, marks.text, "%d of %d", s->n_technical_passed, s->n_technical_run);
        linked_text_puts(out, in->is_first ? " technical checks" : " checks");
    }
    put_repetition(out, in, before);
    if (out->text.size == before && out->text.failed == SW_OK)
        linked_text_clear(out);
}

static void put_streaming(linked_text *out, const summary_input *in)
{
    const int subject = in->subject->index;
    const anchor streamed = anchor_of_mode("reading", subject, MODE_STREAM);
    const anchor whole = anchor_of_mode("reading", subject, MODE_WHOLE);
    char first[CELL_BYTES], first_whole[CELL_BYTES], late[CELL_BYTES], late_whole[CELL_BYTES];
    if (in->streamed.n_answers == 0 || in->whole.n_answers == 0)
        return;
    format_by_unit(first, in->streamed.first_sentence_ms, "ms");
    format_by_unit(first_whole, in->whole.first_sentence_ms, "ms");
    format_percent(late, in->streamed.late_share);
    format_percent(late_whole, in->whole.late_share);
    put_name(out, in, "shows its first sentence after", "after");
    linked_text_link(out, streamed.text, "%s", first);
    linked_text_puts(out, in->is_first ? " streamed and after " : " and ");
    linked_text_link(out, whole.text, "%s", first_whole);
    linked_text_puts(out, in->is_first ? " not streamed, and " : ", and ");
    linked_text_link(out, streamed.text, "%s %%", late);
    linked_text_puts(out, in->is_first ? " of its words come later than a person reads (not streamed: " : " (");
    linked_text_link(out, whole.text, "%s %%", late_whole);
    linked_text_puts(out, ")");
}

static void put_limit(linked_text *out, const summary_input *in)
{
    const speed_cause *const c = &in->subject->cause;
    if (c->which == BOTTLENECK_UNKNOWN)
        return;
    put_name(out, in, "is limited by", "by");
    linked_text_printf(out, "%s (", bottleneck_name(c->which));
    linked_text_link(out, anchor_part(in->subject->index, "speed").text, "%s", c->why);
    linked_text_puts(out, ")");
}

/* The criteria that failed, each leading to its row. */
static void put_failed(linked_text *out, const summary_input *in)
{
    bool is_first = true;
    for (size_t i = 0; i < in->criteria->n; i++) {
        const criterion_row *const row = &in->criteria->rows[i];
        if (row->is_expectation || row->subject != in->subject->index || row->verdict != CRITERION_FAILED)
            continue;
        linked_text_puts(out, is_first ? " (" : ", ");
        linked_text_link(out, anchor_criterion(row->subject, row->id).text, "%s", row->id);
        is_first = false;
    }
    linked_text_puts(out, is_first ? "" : ")");
}

static void put_criteria(linked_text *out, const summary_input *in)
{
    int n[CRITERION_INCONCLUSIVE + 1] = {0};
    for (size_t i = 0; i < in->criteria->n; i++) {
        const criterion_row *const row = &in->criteria->rows[i];
        if (!row->is_expectation && row->subject == in->subject->index)
            n[row->verdict]++;
    }
    if (n[CRITERION_MET] + n[CRITERION_FAILED] == 0)
        return;
    put_name(out, in, "meets", "meets");
    linked_text_link(out, "criteria", "%d", n[CRITERION_MET]);
    linked_text_puts(out, in->is_first ? " criteria, fails " : ", fails ");
    linked_text_link(out, "criteria", "%d", n[CRITERION_FAILED]);
    put_failed(out, in);
    linked_text_puts(out, ", and ");
    linked_text_link(out, "criteria", "%d", n[CRITERION_INCONCLUSIVE]);
    linked_text_puts(out, in->is_first ? " could not be judged" : " not judged");
}

// clang-format off
static const struct {
    const char *topic;
    put_clause_fn *put;
} SENTENCES[] = {
    {"speed",     put_speed},
    {"memory",    put_memory},
    {"quality",   put_quality},
    {"streaming", put_streaming},
    {"limit",     put_limit},
    {"criteria",  put_criteria},
};
// clang-format on

/* ---- one sentence for each topic --------------------------------------------------------------------------------- */

static void put_measured(document *doc, const run_analysis *a)
{
    int n_completed = 0, n_asked = 0;
    for (size_t i = 0; i < a->n_subjects; i++) {
        n_completed += a->subjects[i].modes[MODE_STREAM].n_completed;
        n_asked += (int)a->subjects[i].modes[MODE_STREAM].n_rows;
    }
    if (n_asked == 0)
        return;
    linked_text text;
    linked_text_init(&text, SENTENCE_BYTES_MAX);
    if (a->n_subjects == 1)
        linked_text_puts(&text, a->subjects[0].label);
    else
        linked_text_link(&text, "models", "%zu models", a->n_subjects);
    linked_text_puts(&text, " answered ");
    linked_text_link(&text, a->n_subjects == 1 ? anchor_of_mode("tests", 0, MODE_STREAM).text : "models", "%d of %d",
                     n_completed, n_asked);
    linked_text_printf(&text, " streamed requests of the protocol %s", a->run->info.protocol_name);
    if (a->run->info.cpu[0] != '\0') {
        linked_text_puts(&text, " on ");
        linked_text_link(&text, "conditions", "%s with %d cores", a->run->info.cpu, a->run->info.n_cores);
    }
    linked_text_puts(&text, ".");
    doc_fact_linked(doc, "measured", "", &text);
    linked_text_free(&text);
}

/* What is to be said of all models. */
static void put_topic(document *doc, summary_input *inputs, size_t n, size_t k)
{
    linked_text all, clause;
    linked_text_init(&all, SENTENCE_BYTES_MAX);
    linked_text_init(&clause, SENTENCE_BYTES_MAX);
    for (size_t i = 0; i < n; i++) {
        linked_text_clear(&clause);
        inputs[i].is_first = all.text.size == 0;
        SENTENCES[k].put(&clause, &inputs[i]);
        if (clause.text.size > 0)
            linked_text_puts(&all, inputs[i].is_first ? "" : "; ");
        linked_text_append(&all, &clause);
    }
    if (all.text.size > 0)
        linked_text_puts(&all, ".");
    doc_fact_linked(doc, SENTENCES[k].topic, "", &all);
    linked_text_free(&all);
    linked_text_free(&clause);
}

void section_summary(document *doc, const run_analysis *a, const criteria_list *criteria)
{
    const size_t n = a->n_subjects < MODELS_MAX ? a->n_subjects : MODELS_MAX;
    summary_input inputs[MODELS_MAX];
    for (size_t i = 0; i < n; i++) {
        const subject_analysis *const s = &a->subjects[i];
        inputs[i] = (summary_input){.criteria = criteria, .subject = s};
        doc->has_failed |= reading_figures_of(&s->modes[MODE_STREAM], &inputs[i].streamed, NULL) != SW_OK ||
                           reading_figures_of(&s->modes[MODE_WHOLE], &inputs[i].whole, NULL) != SW_OK;
    }
    doc_heading(doc, 2, "summary", "Summary");
    doc_facts(doc, DOC_FACTS);
    put_measured(doc, a);
    for (size_t k = 0; k < sizeof SENTENCES / sizeof *SENTENCES; k++)
        put_topic(doc, inputs, n, k);
    section_preservation_sentence(doc, a);
    if (n < a->n_subjects)
        doc_paragraph(doc, "Of the first %zu models; the tables have all %zu.", n, a->n_subjects);
}
