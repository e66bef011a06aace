/* section_advice.c - whether each model is ready for use, what limits it, and what to change. */
#include <string.h>

#include "figures/readiness.h"
#include "figures/recommendations.h"
#include "report/sections/anchors.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

enum { WHY_BYTES_MAX = 65536 };

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
    linked_text why;
    linked_text_init(&why, WHY_BYTES_MAX);
    linked_text_puts(&why, r.why);
    for (size_t i = 0; i < r.n_rows; i++) {
        linked_text_puts(&why, why.text.size > 0 ? "; " : "");
        linked_text_link(&why, anchor_criterion(r.rows[i]->subject, r.rows[i]->id).text, "%s: %s (%s)", r.rows[i]->id,
                         criterion_verdict_name(r.rows[i]->verdict), r.rows[i]->found);
    }
    linked_text_puts(&why, why.text.size > 0 ? "" : "all criteria are met");
    doc_put_link(doc, anchor_model(s->index).text, s->label);
    doc_put_tone(doc, TONES[r.verdict], readiness_name(r.verdict));
    doc_put_linked(doc, &why);
    linked_text_free(&why);
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
    doc_put(doc, s->label);
    doc_put(doc, bottleneck_name(s->cause.which));
    doc_put_link(doc, anchor_part(s->index, "speed").text, s->cause.why);
}

/* Where the figures are that a recommendation follows from. */
static anchor evidence_of(const char *id, int subject)
{
    static const char *const PARTS[][2] = {{"offloading", "loading"},
                                           {"repeat-penalty", "marks"},
                                           {"repetitions", "repetitions"},
                                           {"server-process", "resources"}};
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        if (strcmp(PARTS[i][0], id) == 0)
            return anchor_part(subject, PARTS[i][1]);
    }
    return anchor_part(subject, "speed");
}

static size_t put_advice(document *doc, const run_analysis *a, const criteria_list *criteria, int subject)
{
    recommendation_list list;
    recommendations_of(a, criteria, subject, &list);
    for (size_t i = 0; i < list.n; i++) {
        doc_put(doc, a->subjects[subject].label);
        doc_put(doc, list.items[i].change);
        doc_put(doc, list.items[i].effect);
        doc_put_link(doc, evidence_of(list.items[i].id, subject).text, list.items[i].evidence);
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
