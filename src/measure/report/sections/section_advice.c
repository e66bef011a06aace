/* section_advice.c - whether each model is ready for use, what limits it, and what to change. */
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
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
    {"for", "", "", false, 0},
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

static bool is_same(const recommendation *a, const recommendation *b)
{
    return strcmp(a->change, b->change) == 0 && strcmp(a->effect, b->effect) == 0 &&
           strcmp(a->evidence, b->evidence) == 0;
}

static const recommendation *find_same(const recommendation_list *list, const recommendation *wanted)
{
    for (size_t i = 0; i < list->n; i++) {
        if (is_same(&list->items[i], wanted))
            return &list->items[i];
    }
    return NULL;
}

/* The models from `first` on that get the advice: "all models", or their names. */
static void put_models(document *doc, const run_analysis *a, const recommendation_list *lists, size_t first,
                       const recommendation *advice)
{
    size_t n = 0;
    buf names;
    buf_init(&names, WHY_BYTES_MAX);
    for (size_t i = first; i < a->n_subjects; i++) {
        if (find_same(&lists[i], advice) == NULL)
            continue;
        buf_printf(&names, "%s%s", n > 0 ? ", " : "", a->subjects[i].label);
        n++;
    }
    doc_put(doc, n > 1 && n == a->n_subjects ? "all models" : doc_str(doc, &names));
    buf_free(&names);
}

static const recommendation *find_id(const recommendation_list *list, const char *id)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->items[i].id, id) == 0)
            return &list->items[i];
    }
    return NULL;
}

/* What one rule says of all models, once for those of which it says the same; the model `first` is its first. */
static void put_rule(document *doc, const run_analysis *a, const recommendation_list *lists, size_t first,
                     const char *id)
{
    for (size_t i = first; i < a->n_subjects; i++) {
        const recommendation *const r = find_id(&lists[i], id);
        bool is_said = r == NULL;
        for (size_t before = first; !is_said && before < i; before++)
            is_said = find_same(&lists[before], r) != NULL;
        if (is_said)
            continue;
        put_models(doc, a, lists, i, r);
        doc_put(doc, r->change);
        doc_put(doc, r->effect);
        doc_put_link(doc, evidence_of(r->id, (int)i).text, r->evidence);
    }
}

/* The rules that found something first for this model; returns how many. */
static size_t put_rules(document *doc, const run_analysis *a, const recommendation_list *lists, size_t subject)
{
    size_t n = 0;
    for (size_t i = 0; i < lists[subject].n; i++) {
        const char *const id = lists[subject].items[i].id;
        bool is_put = false;
        for (size_t before = 0; !is_put && before < subject; before++)
            is_put = find_id(&lists[before], id) != NULL;
        if (!is_put)
            put_rule(doc, a, lists, subject, id);
        n += !is_put;
    }
    return n;
}

static void put_all_advice(document *doc, const run_analysis *a, const criteria_list *criteria)
{
    size_t n = 0;
    recommendation_list *const lists = mem_calloc(a->n_subjects + 1, sizeof *lists);
    doc->has_failed |= lists == NULL;
    doc_table(doc, "What to change", ADVICE, sizeof ADVICE / sizeof *ADVICE);
    for (size_t i = 0; lists != NULL && i < a->n_subjects; i++)
        recommendations_of(a, criteria, (int)i, &lists[i]);
    for (size_t i = 0; lists != NULL && i < a->n_subjects; i++)
        n += put_rules(doc, a, lists, i);
    if (n == 0)
        doc_paragraph(doc, "No rule found anything to change.");
    mem_free(lists);
}

void section_advice(document *doc, const run_analysis *a, const criteria_list *criteria)
{
    doc_heading(doc, 2, "recommendations", "Bottlenecks and recommendations");
    doc_table(doc, "What limits the speed", LIMITS, sizeof LIMITS / sizeof *LIMITS);
    for (size_t i = 0; i < a->n_subjects; i++)
        put_limit(doc, &a->subjects[i]);
    put_all_advice(doc, a, criteria);
}
