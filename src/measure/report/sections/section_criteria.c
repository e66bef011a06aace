/* section_criteria.c - the success criteria of the protocol: in brief as a grid, and each with what decided. */
#include <string.h>

#include "report/sections/anchors.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

enum { MODELS_MAX = 12 }; // columns of the grid

static doc_tone tone_of(criterion_verdict verdict)
{
    return verdict == CRITERION_MET ? TONE_GOOD : verdict == CRITERION_FAILED ? TONE_BAD : TONE_OPEN;
}

static const criterion_row *find(const criteria_list *list, const char *id, int subject)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->rows[i].id, id) == 0 && list->rows[i].subject == subject)
            return &list->rows[i];
    }
    return NULL;
}

/* Rows of one criterion follow each other. */
static bool is_first_of_its_criterion(const criteria_list *list, size_t i)
{
    return i == 0 || strcmp(list->rows[i].id, list->rows[i - 1].id) != 0;
}

/* A column for each model, after that of the criterion; NULL when memory is short. */
static const doc_column *grid_columns(document *doc, const run_analysis *a, int n_models)
{
    doc_column *const columns =
        doc->has_failed ? NULL : arena_alloc(doc->keep, ((size_t)n_models + 1) * sizeof *columns);
    doc->has_failed = columns == NULL;
    if (columns == NULL)
        return NULL;
    columns[0] = (doc_column){.title = "criterion", .unit = "", .meaning = ""};
    for (int i = 0; i < n_models; i++)
        columns[i + 1] = (doc_column){.title = a->subjects[i].label, .unit = "", .meaning = ""};
    return columns;
}

void section_criteria_brief(document *doc, const run_analysis *a, const criteria_list *criteria)
{
    const int n_models = a->n_subjects < MODELS_MAX ? (int)a->n_subjects : MODELS_MAX;
    const doc_column *const columns = grid_columns(doc, a, n_models);
    if (columns == NULL || criteria->n == 0)
        return;
    doc_heading(doc, 3, NULL, "Criteria");
    doc_table(doc, "", columns, n_models + 1);
    for (size_t i = 0; i < criteria->n; i++) {
        const criterion_row *const row = &criteria->rows[i];
        if (row->is_expectation || !is_first_of_its_criterion(criteria, i))
            continue;
        doc_put(doc, row->id);
        for (int m = 0; m < n_models; m++) {
            const criterion_row *const r = find(criteria, row->id, m);
            doc_lead(doc, r != NULL ? anchor_criterion(m, row->id).text : NULL);
            if (r != NULL)
                doc_put_tone(doc, tone_of(r->verdict), criterion_verdict_name(r->verdict));
            else
                doc_put(doc, "-");
        }
    }
    if (a->n_subjects > MODELS_MAX)
        doc_paragraph(doc, "The first %d of %zu models; report.md and --json have the criteria of all.", MODELS_MAX,
                      a->n_subjects);
}

// clang-format off
static const doc_column ASKED[] = {
    {"criterion", "", "", false, 0},
    {"asks", "", "", false, 0},
    {"written in", "", "", false, 1},
};
static const doc_column COLUMNS[] = {
    {"criterion", "", "", false, 0},
    {"model", "", "", false, 0},
    {"verdict", "", "inconclusive: too little was measured to decide", false, 0},
    {"found", "", "", false, 0},
    {"figure", "", "that was compared", true, 1},
    {"95 %", "", "interval of the figure", true, 3},
    {"threshold", "", "that it was compared with", true, 2},
};
static const doc_column EXPECTED[] = {
    {"expected", "", "", false, 0},
    {"model", "", "", false, 0},
    {"found", "", "", false, 0},
    {"written in", "", "", false, 1},
};
// clang-format on

/* Once, not once for every model. */
static void put_asked(document *doc, const criteria_list *criteria)
{
    doc_table(doc, "What is asked", ASKED, sizeof ASKED / sizeof *ASKED);
    for (size_t i = 0; i < criteria->n; i++) {
        const criterion_row *const row = &criteria->rows[i];
        if (row->is_expectation || !is_first_of_its_criterion(criteria, i))
            continue;
        doc_put(doc, row->id);
        doc_put(doc, row->asked);
        doc_put(doc, row->source);
    }
}

static const char *model_name(const run_analysis *a, int subject)
{
    return subject >= 0 && (size_t)subject < a->n_subjects ? a->subjects[subject].label : "all";
}

/* Where the figures of a criterion are: a row or table of the model, or with a mode its tests. */
static anchor evidence_of(const criterion_row *row)
{
    static const struct {
        const char *id, *part; // NULL: the streamed tests
    } PARTS[] = {
        {"loads-offloaded", "loading"}, {"vram-saving", "saving"}, {"expected-saving", "saving"},
        {"steady-speed", "steadiness"}, {"no-loops", "marks"},     {"no-repetition", "marks"},
        {"coherent", "marks"},          {"accurate", "marks"},     {"narrative", "marks"},
    };
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        if (strcmp(PARTS[i].id, row->id) == 0)
            return anchor_part(row->subject, PARTS[i].part);
    }
    return anchor_of_mode("tests", row->subject, MODE_STREAM);
}

static void put_criterion(document *doc, const run_analysis *a, const criterion_row *row)
{
    char cell[CELL_BYTES];
    doc_put(doc, row->id);
    doc_put(doc, model_name(a, row->subject));
    doc_put_tone(doc, tone_of(row->verdict), criterion_verdict_name(row->verdict));
    doc_lead(doc, evidence_of(row).text);
    doc_put(doc, row->found);
    format_unit(cell, row->figure, row->unit);
    doc_put(doc, cell);
    cell_range(doc, row->low, row->high);
    doc_lead(doc, NULL);
    format_unit(cell, row->threshold, row->unit);
    doc_put(doc, cell);
    doc_row_anchor(doc, anchor_criterion(row->subject, row->id).text);
}

void section_criteria(document *doc, const run_analysis *a, const criteria_list *criteria)
{
    doc_heading(doc, 2, "criteria", "Success criteria");
    doc_paragraph(doc, "A criterion is met or failed only if it was measured. What its authors expected decides "
                       "nothing; it is shown beside what was found.");
    put_asked(doc, criteria);
    doc_table(doc, "What was found", COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    for (size_t i = 0; i < criteria->n; i++) {
        if (!criteria->rows[i].is_expectation)
            put_criterion(doc, a, &criteria->rows[i]);
    }
    doc_table(doc, "Expectations", EXPECTED, sizeof EXPECTED / sizeof *EXPECTED);
    for (size_t i = 0; i < criteria->n; i++) {
        const criterion_row *const row = &criteria->rows[i];
        if (!row->is_expectation)
            continue;
        doc_put(doc, row->asked);
        doc_put(doc, model_name(a, row->subject));
        doc_lead(doc, evidence_of(row).text);
        doc_put(doc, row->found);
        doc_lead(doc, NULL);
        doc_put(doc, row->source);
        doc_row_anchor(doc, anchor_criterion(row->subject, row->id).text);
    }
}
