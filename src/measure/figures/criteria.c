/* criteria.c - the table of criteria, in the order in which the protocol asks. */
#include "figures/criteria.h"

#include <math.h>

#include "base/alloc.h"
#include "figures/criteria_judges.h"

static const char PROTOCOL[] = "local streaming protocol";
static const char EXPECTATION[] = "local streaming protocol, expected results";

typedef struct criterion_id {
    const char *id, *group, *asked, *unit;
    const double *threshold; // NULL: of the row, or not a number
    bool is_expectation;
    void (*judge)(const run_analysis *a, const subject_analysis *s, criterion_row *row);
} criterion_id;

// clang-format off
static const criterion_id CRITERIA[] = {
    {"loads-offloaded", "memory", "the model loads and answers with its experts in RAM", "", NULL, false, judge_loads},
    {"vram-saving", "memory", "VRAM saved is within 5 points of the published claim", "%", NULL, false, judge_saving},
    {"all-complete", "streaming", "every test is answered", "", NULL, false, judge_completion},
    {"smooth", "streaming", "streaming is smooth in all tests: no stall, and 90 % of gaps within twice the median or all below 0.1 s", "", NULL, false, judge_smooth},
    {"appears-steadily", "streaming", "tokens appear steadily: no tenth of an answer at once, no gap of a tenth of its time", "", &CRITERION_LUMP_MAX, false, judge_appearance},
    {"steady-speed", "streaming", "steady speed: the last quarter of an answer at least 0.9 of the pace of the first", "", &CRITERION_PACE_MIN, false, judge_steady_speed},
    {"long-answer", "streaming", "1,000 tokens in under 5 minutes", "s", &CRITERION_SECONDS_MAX, false, judge_long_answer},
    {"no-repetition", "quality", "no repetition at temperature 0.3: mean score below 0.1, no degenerate answer", "", &CRITERION_REPETITION_MAX, false, judge_repetition},
    {"no-loops", "quality", "no answer loops", "", NULL, false, judge_loops},
    {"coherent", "quality", "answers are coherent and relevant: mean content mark at least 3.5 of 5", "", &CRITERION_MARK_MIN, false, judge_coherence},
    {"accurate", "quality", "answers are technically accurate: at least 80 % of technical checks passed", "", &CRITERION_ACCURACY_MIN, false, judge_accuracy},
    {"narrative", "quality", "the story has a narrative structure: characters who stay, an order, 75 % of its checks", "", NULL, false, judge_narrative},
    {"preserves-quality", "quality", "answers are as good offloaded as not: same prompts and seeds", "", NULL, false, judge_preservation},
    {"expected-rate", "expectation", "1 to 3 tok/s with offloaded experts", "tok/s", NULL, true, judge_expected_rate},
    {"expected-saving", "expectation", "the published saving of VRAM", "%", NULL, true, judge_expected_saving},
};
// clang-format on

enum { N_CRITERIA = sizeof CRITERIA / sizeof *CRITERIA };

static void judge(const criterion_id *c, const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    *row = (criterion_row){
        .id = c->id,
        .group = c->group,
        .asked = c->asked,
        .subject = s->index,
        .verdict = CRITERION_INCONCLUSIVE,
        .figure = NAN,
        .low = NAN,
        .high = NAN,
        .threshold = c->threshold != NULL ? *c->threshold : NAN,
        .unit = c->unit,
        .source = c->is_expectation ? EXPECTATION : PROTOCOL,
        .is_expectation = c->is_expectation,
    };
    c->judge(a, s, row);
}

sw_code criteria_of(const run_analysis *analysis, criteria_list *out, sw_err *err)
{
    *out = (criteria_list){0};
    out->rows = mem_calloc(analysis->n_subjects * N_CRITERIA + 1, sizeof *out->rows);
    if (out->rows == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the criteria of a run");
    for (int c = 0; c < N_CRITERIA; c++) {
        for (size_t i = 0; i < analysis->n_subjects; i++)
            judge(&CRITERIA[c], analysis, &analysis->subjects[i], &out->rows[out->n++]);
    }
    return SW_OK;
}

void criteria_free(criteria_list *list)
{
    mem_free(list->rows);
    *list = (criteria_list){0};
}
