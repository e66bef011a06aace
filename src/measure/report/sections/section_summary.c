/* section_summary.c - what a run found, in sentences.
 *
 * Every sentence is made of figures by a function that says nothing where they are missing: none is written by hand.
 */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "figures/reading.h"
#include "report/format.h"
#include "report/sections/sections.h"

enum { MODELS_MAX = 6 }; // that a sentence names

/* Of which a sentence is made. */
typedef struct summary_input {
    const run_analysis *run;
    const criteria_list *criteria;
    const subject_analysis *subject;
    reading_figures streamed, whole; // of the subject
} summary_input;

/* ---- one sentence for each model -----------------------------------------------------------------------------------
 */

/* Appends what is to be said of the model, without full stop; nothing where its figures are missing. */
typedef void put_sentence_fn(buf *out, const summary_input *in);

static const char *name_of(const summary_input *in)
{
    return format_model(in->subject->subject->name);
}

static void put_speed(buf *out, const summary_input *in)
{
    const run_summary *const m = &in->subject->modes[MODE_STREAM];
    char overall[CELL_BYTES], decode[CELL_BYTES], range[CELL_BYTES], first[CELL_BYTES];
    if (isnan(m->overall_tps))
        return;
    format_number(overall, m->overall_tps);
    format_number(decode, m->decode_tps);
    format_range(range, m->decode_range.low, m->decode_range.high);
    format_by_unit(first, m->ttft_ms.p50, "ms");
    buf_printf(out, "%s gives %s tokens a second on average", name_of(in), overall);
    if (!isnan(m->decode_tps))
        buf_printf(out, ", %s%s%s%s after the first", decode, range[0] != '\0' ? " (95 %: " : "", range,
                   range[0] != '\0' ? ")" : "");
    if (!isnan(m->ttft_ms.p50))
        buf_printf(out, ", and the first after %s", first);
}

static void put_memory(buf *out, const summary_input *in)
{
    const memory_figures *const m = &in->subject->memory;
    char saved[CELL_BYTES], peak[CELL_BYTES];
    format_number(saved, m->saved_pct);
    format_bytes(peak, m->ram_offloaded_bytes);
    if (m->kind != SAVING_NONE && !isnan(m->saved_pct))
        buf_printf(out, "%s %s %s %% of the VRAM with its experts in RAM (%s)", name_of(in),
                   m->kind == SAVING_MEASURED ? "saves" : "would save", saved,
                   m->kind == SAVING_MEASURED ? "measured with and without" : "computed from its file, not measured");
    if (!isnan(m->ram_offloaded_bytes))
        buf_printf(out, "%s%s %s of private memory at most", out->size > 0 ? ", and " : name_of(in),
                   out->size > 0 ? "its server has" : "'s server has", peak);
}

static void put_quality(buf *out, const summary_input *in)
{
    const subject_analysis *const s = in->subject;
    char mark[CELL_BYTES];
    format_number(mark, s->mark_mean);
    if (isnan(s->mark_mean))
        return;
    buf_printf(out, "%s has a mean mark of %s of 5", name_of(in), mark);
    if (s->n_technical_run > 0)
        buf_printf(out, " and passes %d of %d technical checks", s->n_technical_passed, s->n_technical_run);
}

static void put_repetition(buf *out, const summary_input *in)
{
    const run_summary *const m = &in->subject->modes[MODE_STREAM];
    char share[CELL_BYTES];
    size_t n_text = 0; // an answer without text repeats nothing, but that is no figure
    for (size_t i = 0; i < m->n_rows; i++)
        n_text += m->rows[i].test->answer.n_text;
    if (m->n_completed == 0 || n_text == 0 || isnan(m->mean_repetition))
        return;
    format_percent(share, m->mean_repetition);
    buf_printf(out, "%s repeats %s %% of its word triples, and ", name_of(in), share);
    if (m->n_degenerate == 0)
        buf_puts(out, "no answer is degenerate");
    else
        buf_printf(out, "%d of %d answers %s degenerate", m->n_degenerate, m->n_completed,
                   m->n_degenerate == 1 ? "is" : "are");
}

static void put_streaming(buf *out, const summary_input *in)
{
    char streamed[CELL_BYTES], whole[CELL_BYTES], late[CELL_BYTES], late_whole[CELL_BYTES];
    if (in->streamed.n_answers == 0 || in->whole.n_answers == 0)
        return;
    format_by_unit(streamed, in->streamed.first_sentence_ms, "ms");
    format_by_unit(whole, in->whole.first_sentence_ms, "ms");
    format_percent(late, in->streamed.late_share);
    format_percent(late_whole, in->whole.late_share);
    buf_printf(out,
               "%s has its first sentence after %s when it is streamed and after %s when it is not, and %s %% of the "
               "words come "
               "later than a person reads (not streamed: %s %%)",
               name_of(in), streamed, whole, late, late_whole);
}

static void put_limit(buf *out, const summary_input *in)
{
    const speed_cause *const c = &in->subject->cause;
    if (c->which != BOTTLENECK_UNKNOWN)
        buf_printf(out, "%s is limited by %s: %s", name_of(in), bottleneck_name(c->which), c->why);
}

static void put_criteria(buf *out, const summary_input *in)
{
    int n[CRITERION_INCONCLUSIVE + 1] = {0};
    buf failed;
    buf_init(&failed, 65536);
    for (size_t i = 0; i < in->criteria->n; i++) {
        const criterion_row *const row = &in->criteria->rows[i];
        if (row->is_expectation || row->subject != in->subject->index)
            continue;
        n[row->verdict]++;
        if (row->verdict == CRITERION_FAILED)
            buf_printf(&failed, "%s%s", failed.size > 0 ? ", " : "", row->id);
    }
    if (n[CRITERION_MET] + n[CRITERION_FAILED] > 0)
        buf_printf(out, "%s meets %d criteria, fails %d%s%s%s, and %d are inconclusive", name_of(in), n[CRITERION_MET],
                   n[CRITERION_FAILED], n[CRITERION_FAILED] > 0 ? " (" : "", buf_str(&failed),
                   n[CRITERION_FAILED] > 0 ? ")" : "", n[CRITERION_INCONCLUSIVE]);
    out->failed = failed.failed != SW_OK ? failed.failed : out->failed;
    buf_free(&failed);
}

// clang-format off
static const struct {
    const char *topic;
    const char *target; // where its figures are
    put_sentence_fn *put;
} SENTENCES[] = {
    {"speed",      "models",          put_speed},
    {"memory",     "models",          put_memory},
    {"quality",    "models",          put_quality},
    {"repetition", "models",          put_repetition},
    {"streaming",  "streaming",       put_streaming},
    {"limit",      "recommendations", put_limit},
    {"criteria",   "criteria",        put_criteria},
};
// clang-format on

/* ---- all models ---------------------------------------------------------------------------------------------------
 */

static void put_measured(document *doc, const run_analysis *a)
{
    int n_completed = 0, n_asked = 0;
    for (size_t i = 0; i < a->n_subjects; i++) {
        n_completed += a->subjects[i].modes[MODE_STREAM].n_completed;
        n_asked += (int)a->subjects[i].modes[MODE_STREAM].n_rows;
    }
    if (n_asked == 0)
        return;
    buf text;
    buf_init(&text, 1 << 18);
    if (a->n_subjects == 1)
        buf_puts(&text, format_model(a->subjects[0].subject->name));
    else
        buf_printf(&text, "%zu models", a->n_subjects);
    buf_printf(&text, " answered %d of %d streamed requests of the protocol %s", n_completed, n_asked,
               a->run->info.protocol_name);
    if (a->run->info.cpu[0] != '\0')
        buf_printf(&text, ", on %s with %d cores", a->run->info.cpu, a->run->info.n_cores);
    buf_putc(&text, '.');
    doc_fact_link(doc, "measured", "conditions", doc_str(doc, &text));
    buf_free(&text);
}

/* What is to be said of all models. */
static void put_topic(document *doc, summary_input *inputs, size_t n, size_t k)
{
    buf all, sentence;
    buf_init(&all, 1 << 20);
    buf_init(&sentence, 1 << 17);
    for (size_t i = 0; i < n; i++) {
        buf_clear(&sentence);
        SENTENCES[k].put(&sentence, &inputs[i]);
        doc->has_failed |= sentence.failed == SW_ENOMEM;
        if (sentence.size > 0)
            buf_printf(&all, "%s%s.", all.size > 0 ? " " : "", buf_str(&sentence));
    }
    if (all.size > 0)
        doc_fact_link(doc, SENTENCES[k].topic, SENTENCES[k].target, doc_str(doc, &all));
    buf_free(&all);
    buf_free(&sentence);
}

void section_summary(document *doc, const run_analysis *a, const criteria_list *criteria)
{
    const size_t n = a->n_subjects < MODELS_MAX ? a->n_subjects : MODELS_MAX;
    summary_input inputs[MODELS_MAX];
    for (size_t i = 0; i < n; i++) {
        const subject_analysis *const s = &a->subjects[i];
        inputs[i] = (summary_input){.run = a, .criteria = criteria, .subject = s};
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
