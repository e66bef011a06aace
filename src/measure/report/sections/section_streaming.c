/* section_streaming.c - streaming against not streaming, as a reader sees it, for all models. */
#include "figures/reading.h"
#include "report/sections/anchors.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

// clang-format off
static const doc_column COLUMNS[] = {
    {"model", "", "", false, 0},
    {"mode", "", "stream: token by token; whole: one document at the end", false, 0},
    {"answers", "", "that completed", true, 1},
    {"first word", "", "request written to the first whole word, median", true, 0},
    {"first sentence", "", "request written to the first end of a sentence or line, median", true, 0},
    {"end", "", "request written to the end of the answer, median", true, 0},
    {"later than reading", "%", "share of words that came later than 250 words a minute since the request", true, 0},
};
// clang-format on

static void put_mode(document *doc, const subject_analysis *s, test_mode mode)
{
    reading_figures f;
    doc->has_failed |= reading_figures_of(&s->modes[mode], &f, NULL) != SW_OK;
    if (doc->has_failed || f.n_answers == 0)
        return;
    doc_put_link(doc, anchor_model(s->index).text, s->label);
    doc_put(doc, test_mode_name(mode));
    doc_lead(doc, anchor_of_mode("tests", s->index, mode).text);
    doc_putf(doc, "%zu", f.n_answers);
    cell_by_unit(doc, f.first_word_ms, "ms");
    cell_by_unit(doc, f.first_sentence_ms, "ms");
    cell_by_unit(doc, s->modes[mode].e2e_ms.p50, "ms");
    cell_percent(doc, f.late_share);
    doc_row_anchor(doc, anchor_of_mode("reading", s->index, mode).text);
}

/* Only of models that were asked in both ways. */
void section_streaming(document *doc, const run_analysis *a)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n_subjects; i++)
        n += a->subjects[i].modes[MODE_WHOLE].n_completed > 0;
    doc_heading(doc, 2, "streaming", "Streaming and not streaming");
    if (n == 0) {
        doc_paragraph(doc, "No model was asked without streaming (bench --modes stream,whole).");
        return;
    }
    doc_paragraph(
        doc,
        "A person reads about %d words a minute. A word is late if it came later than such a reader, who began "
        "with the request, would have reached it.",
        READING_WORDS_PER_MINUTE);
    doc_table(doc, "", COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    for (size_t i = 0; i < a->n_subjects; i++) {
        put_mode(doc, &a->subjects[i], MODE_STREAM);
        put_mode(doc, &a->subjects[i], MODE_WHOLE);
    }
}
