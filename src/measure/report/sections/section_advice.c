/* section_advice.c - whether each model is ready for use, what limits it, and what to change. */
#include "base/buf.h"
#include "figures/readiness.h"
#include "figures/recommendations.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

// clang-format off
static const doc_column READINESS[] = {
    {"model", "", "", false, 0},
    {"verdict", "", "", false, 0},
    {"decided by", "", "criteria that failed or could not be judged", false, 0},
};
static const doc_column LIMITS[] = {
    {"model", "", "", false, 0},
    {"bottleneck", "", "", false, 0},
    {"because", "", "", false, 0},
};
static const doc_column ADVICE[] = {
    {"model", "", "", false, 0},
    {"change", "", "", false, 0},
    {"expected effect", "", "", false, 0},
    {"evidence", "", "", false, 0},
};
// clang-format on

static void put_readiness(document *doc, const run_analysis *a, const criteria_list *criteria,
                          const subject_analysis *s)
{
    static const doc_tone TONES[] = {TONE_GOOD, TONE_OPEN, TONE_BAD};
    const readiness r = readiness_of(a->run, criteria, s->index);
    buf why;
    buf_init(&why, 65536);
    buf_puts(&why, r.why);
    for (size_t i = 0; i < r.n_rows; i++)
        buf_printf(&why, "%s%s: %s (%s)", why.size > 0 ? "; " : "", r.rows[i]->id,
                   criterion_verdict_name(r.rows[i]->verdict), r.rows[i]->found);
    doc_put_link(doc, "criteria", format_model(s->subject->name));
    doc_put_tone(doc, TONES[r.verdict], readiness_name(r.verdict));
    doc_put(doc, why.size > 0 ? doc_str(doc, &why) : "all criteria are met");
    buf_free(&why);
}

void section_readiness(document *doc, const run_analysis *a, const criteria_list *criteria)
{
    doc_heading(doc, 3, NULL, "Readiness");
    doc_table(doc, "", READINESS, sizeof READINESS / sizeof *READINESS);
    for (size_t i = 0; i < a->n_subjects; i++)
        put_readiness(doc, a, criteria, &a->subjects[i]);
    doc_paragraph(doc, "%s", READINESS_RULE);
}

static void put_limit(document *doc, const subject_analysis *s)
{
    doc_put(doc, format_model(s->subject->name));
    doc_put(doc, bottleneck_name(s->cause.which));
    doc_put(doc, s->cause.why);
}

static size_t put_advice(document *doc, const run_analysis *a, const criteria_list *criteria, int subject)
{
    recommendation_list list;
    recommendations_of(a, criteria, subject, &list);
    for (size_t i = 0; i < list.n; i++) {
        doc_put(doc, format_model(a->subjects[subject].subject->name));
        doc_put(doc, list.items[i].change);
        doc_put(doc, list.items[i].effect);
        doc_put(doc, list.items[i].evidence);
    }
    return list.n;
}

void section_advice(document *doc, const run_analysis *a, const criteria_list *criteria)
{
    size_t n = 0;
    doc_heading(doc, 2, "recommendations", "Bottlenecks and recommendations");
    doc_table(doc, "What limits the speed", LIMITS, sizeof LIMITS / sizeof *LIMITS);
    for (size_t i = 0; i < a->n_subjects; i++)
        put_limit(doc, &a->subjects[i]);
    doc_table(doc, "What to change", ADVICE, sizeof ADVICE / sizeof *ADVICE);
    for (size_t i = 0; i < a->n_subjects; i++)
        n += put_advice(doc, a, criteria, (int)i);
    if (n == 0)
        doc_paragraph(doc, "No rule found anything to change.");
}
