/* section_preservation.c - whether answers are as good offloaded as not, streamed as whole, and again as at first: of
 * all models, and test by test. */
#include <math.h>

#include "report/sections/anchors.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

enum { WORDS_BYTES_MAX = 1 << 20 };

// clang-format off
static const doc_column ALL[] = {
    {"model", "", "", false, 0},
    {"compared", "", "answers to the same prompt and seed: of the offloaded model, streamed or whole, with streamed ones of the model that is not; streamed with whole ones; later repetitions with the first", false, 0},
    {"verdict", "", "", false, 0},
    {"because", "", "nothing can be said of the quality", false, 2},
    {"equal", "", "answers with the same text and, where told, the same tokens", true, 0},
    {"common", "%", "of the longer answer, before the first difference: mean of the pairs", true, 1},
    {"checks won", "", "that passed on the new side only", true, 0},
    {"lost", "", "that passed on the base only", true, 0},
    {"p", "", "McNemar's exact test of these, not below that of exchanging whole answers", true, 2},
    {"mark", "", "mean difference of the content mark", true, 0},
    {"95 %", "", "interval of that difference, over the different pairs", false, 2},
    {"repetition", "", "mean difference", true, 1},
    {"95 %", "", "", false, 2},
};
static const doc_column TESTS[] = {
    {"test", "", "", false, 0},
    {"equal", "", "answers", true, 0},
    {"parts at", "", "first token that differs, counted from 0 (b: byte), in the pair that differs first", true, 0},
    {"common", "%", "before the first difference, mean", true, 0},
    {"checks won", "", "", true, 0},
    {"lost", "", "", true, 0},
    {"mark", "", "mean difference", true, 0},
    {"repetition", "", "mean difference", true, 1},
};
// clang-format on

doc_tone preservation_tone(preservation_verdict verdict)
{
    const bool is_good = verdict == PRESERVED_IDENTICAL || verdict == PRESERVED_NO_LOSS;
    return is_good ? TONE_GOOD : verdict == PRESERVED_LOST ? TONE_BAD : TONE_OPEN;
}

/* Values that are equal in every pair have no spread that an interval could show. */
static void put_change(document *doc, const paired_change *c)
{
    cell_number(doc, c->difference);
    if (c->is_equal)
        doc_put(doc, "-");
    else
        cell_range(doc, c->range.low, c->range.high);
}

static void put_row(document *doc, const subject_analysis *s, const preservation *p)
{
    const preserved_counts *const c = &p->all;
    doc_put(doc, s->label);
    doc_put(doc, preservation_meaning(p->kind));
    doc_put_tone(doc, preservation_tone(p->verdict), preservation_verdict_name(p->verdict));
    doc_put(doc, p->why);
    cell_ratio(doc, c->n_equal, c->n_pairs);
    cell_percent(doc, c->common_share);
    cell_integer(doc, c->n_checks > 0 ? c->n_won : -1);
    cell_integer(doc, c->n_checks > 0 ? c->n_lost : -1);
    cell_number(doc, c->n_won + c->n_lost > 0 ? p->checks_p_value : NAN);
    put_change(doc, &p->mark);
    put_change(doc, &p->repetition);
}

/* What was not measured is said of offloading alone; the other comparisons are left out then. */
static bool is_shown(const preservation *p)
{
    return p->kind == PRESERVES_OFFLOADED || p->verdict != PRESERVED_NOT_MEASURED;
}

void section_preservation(document *doc, const run_analysis *a)
{
    doc_heading(doc, 2, "preservation", "Quality preservation");
    doc_paragraph(doc, "Is an answer as good when the experts are offloaded, when it is streamed, and when it is asked "
                       "again? Differences are new - base; pairs that a seed gave twice count once in them.");
    doc_table(doc, "", ALL, sizeof ALL / sizeof *ALL);
    for (size_t i = 0; i < a->n_subjects; i++) {
        for (int kind = 0; kind < N_PRESERVATIONS; kind++) {
            if (!is_shown(&a->subjects[i].preserved[kind]))
                continue;
            put_row(doc, &a->subjects[i], &a->subjects[i].preserved[kind]);
            if (kind == PRESERVES_OFFLOADED)
                doc_row_anchor(doc, anchor_part(a->subjects[i].index, "preserved").text);
        }
    }
}

static void put_test(document *doc, const preserved_test *t)
{
    const preserved_counts *const c = &t->counts;
    doc_put(doc, t->test->plan.name);
    cell_ratio(doc, c->n_equal, c->n_pairs);
    if (isnan(c->first_difference))
        doc_put(doc, "-");
    else
        doc_putf(doc, "%.0f%s", c->first_difference, c->n_by_tokens == c->n_pairs ? "" : " b");
    cell_percent(doc, c->common_share);
    cell_integer(doc, c->n_checks > 0 ? c->n_won : -1);
    cell_integer(doc, c->n_checks > 0 ? c->n_lost : -1);
    cell_number(doc, c->mark_change);
    cell_number(doc, c->repetition_change);
}

/* Only of comparisons in which something differs: of the others, every row would say the same. */
void section_preserved_tests(document *doc, const subject_analysis *s)
{
    for (int kind = 0; kind < N_PRESERVATIONS; kind++) {
        const preservation *const p = &s->preserved[kind];
        if (p->all.n_equal == p->all.n_pairs)
            continue;
        buf title;
        buf_init(&title, 256);
        buf_printf(&title, "Preserved, test by test: %s", preservation_meaning(p->kind));
        doc_table(doc, doc_str(doc, &title), TESTS, sizeof TESTS / sizeof *TESTS);
        buf_free(&title);
        for (size_t i = 0; i < p->n_tests; i++)
            put_test(doc, &p->tests[i]);
    }
}

void section_preservation_sentence(document *doc, const run_analysis *a)
{
    linked_text text;
    linked_text_init(&text, WORDS_BYTES_MAX);
    for (size_t i = 0; i < a->n_subjects; i++) {
        const subject_analysis *const s = &a->subjects[i];
        const preservation *const p = &s->preserved[PRESERVES_OFFLOADED];
        if (p->verdict == PRESERVED_NOT_MEASURED || p->verdict == PRESERVED_SAME_SIDES)
            continue;
        linked_text_printf(&text, "%s%s, offloaded against not offloaded: ", text.text.size > 0 ? "; " : "", s->label);
        linked_text_link(&text, anchor_part(s->index, "preserved").text, "%s", p->words);
    }
    if (text.text.size > 0)
        linked_text_puts(&text, ".");
    doc_fact_linked(doc, "offloading", "", &text);
    linked_text_free(&text);
}
