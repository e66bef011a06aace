/* criteria.c - one function per criterion, in the order in which the protocol asks.
 *
 * Every function fills a row that is inconclusive until it finds enough to judge; `found` says what decided.
 */
#include "figures/criteria.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

static const char PROTOCOL[] = "local streaming protocol";
static const char EXPECTATION[] = "local streaming protocol, expected results";

enum { TOKENS_MIN = 100, STEADY_TOKENS_MIN = 50, TECHNICAL_MIN = 8 };
static const double SAVING_POINTS = 5, REPETITION_MAX = 0.1, PACE_MIN = 0.9, SECONDS_MAX = 300, MARK_MIN = 3.5,
                    ACCURACY_MIN = 0.8, RESPONSIVE_MIN = 0.9, UNSEEN_GAP_MS = 100, VISIBLE_MS = 1000,
                    TOGETHER_MAX = 0.1;

const char *criterion_verdict_name(criterion_verdict verdict)
{
    static const char *const NAMES[] = {"met", "failed", "inconclusive"};
    return NAMES[verdict];
}

/* ---- filling a row ----------------------------------------------------------------------------------------------- */

static void SW_PRINTF(2, 3) find(criterion_row *row, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(row->found, sizeof row->found, format, args);
    va_end(args);
    utf8_replace_invalid(row->found, strlen(row->found)); // a name may have been cut inside a character
}

static criterion_verdict verdict_if(bool is_met)
{
    return is_met ? CRITERION_MET : CRITERION_FAILED;
}

static bool is_completed(const summary_row *row)
{
    return row->test->answer.status == TEST_COMPLETED;
}

/* The streamed tests: what the protocol speaks of. */
static const run_summary *streamed(const subject_analysis *s)
{
    return &s->modes[MODE_STREAM];
}

/* ---- the criteria ------------------------------------------------------------------------------------------------ */

/* The word of FACT_EXPERTS_VERIFIED of the model's latest server that has one; NULL. */
static const char *experts_place(const run_record *run, int subject, const char **evidence)
{
    for (size_t i = run->n_servers; i-- > 0;) {
        const fact_record *const f = run_fact(run, subject, (int)i, FACT_EXPERTS_VERIFIED);
        const fact_record *const e = run_fact(run, subject, (int)i, FACT_EXPERTS_EVIDENCE);
        if (f != NULL && run->servers[i].side != SIDE_REFERENCE) {
            *evidence = e != NULL ? e->text : "";
            return f->text;
        }
    }
    return NULL;
}

static void judge_loads(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    const char *evidence;
    const char *const place = experts_place(a->run, s->index, &evidence);
    if (streamed(s)->n_rows == 0)
        find(row, "no test was asked");
    else if (streamed(s)->n_completed == 0) {
        row->verdict = CRITERION_FAILED;
        find(row, "no test completed");
    } else if (place == NULL || strcmp(place, "not known") == 0)
        find(row, "it answers; where its experts are is not known");
    else {
        row->verdict = verdict_if(strcmp(place, "in RAM") == 0);
        find(row, "experts %.20s: %.200s", place, evidence);
    }
}

static void judge_completion(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = streamed(s);
    if (m->n_rows == 0) {
        find(row, "no test was asked");
        return;
    }
    row->figure = (double)m->n_completed / (double)m->n_rows;
    row->verdict = verdict_if(m->n_completed == (int)m->n_rows);
    find(row, "%d of %zu answers completed", m->n_completed, m->n_rows);
}

static void judge_saving(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const memory_figures *const m = &s->memory;
    row->threshold = m->claim_low_pct - SAVING_POINTS;
    row->figure = m->saved_pct;
    if (isnan(m->claim_low_pct)) {
        find(row, "nobody published a saving for this architecture");
    } else if (m->kind == SAVING_MEASURED) {
        row->verdict = verdict_if(m->saved_pct >= row->threshold && m->saved_pct <= m->claim_high_pct + SAVING_POINTS);
        find(row, "%.1f %% measured, %.0f to %.0f %% claimed", m->saved_pct, m->claim_low_pct, m->claim_high_pct);
    } else if (m->kind == SAVING_COMPUTED) {
        find(row, "not measured: %.120s; arithmetic allows %.1f %%", m->note, m->saved_pct);
    } else {
        find(row, "not measured: %.120s", m->note);
    }
}

static void judge_repetition(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = streamed(s);
    int n = 0, n_degenerate = 0;
    double sum = 0;
    for (size_t i = 0; i < m->n_rows; i++) {
        if (!is_completed(&m->rows[i]) || m->rows[i].test->plan.temperature != 0.3)
            continue;
        n++;
        sum += m->rows[i].metrics.repetition.score;
        n_degenerate += m->rows[i].metrics.repetition.verdict == REPETITION_DEGENERATE;
    }
    if (n == 0) {
        find(row, "no completed answer at temperature 0.3");
        return;
    }
    row->figure = sum / n;
    row->verdict = verdict_if(row->figure < REPETITION_MAX && n_degenerate == 0);
    find(row, "mean %.3f over %d answers, %d degenerate", row->figure, n, n_degenerate);
}

/* Gaps below a tenth of a second are not seen by a reader, however uneven they are. */
static bool is_smooth(const test_metrics *m)
{
    return m->n_stalls == 0 && (m->responsiveness >= RESPONSIVE_MIN || m->itl_ms.max < UNSEEN_GAP_MS);
}

static void judge_smooth(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = streamed(s);
    int n = 0, n_smooth = 0;
    const char *worst = "";
    for (size_t i = 0; i < m->n_rows; i++) {
        if (!is_completed(&m->rows[i]) || m->rows[i].metrics.itl_ms.n == 0)
            continue;
        const bool smooth = is_smooth(&m->rows[i].metrics);
        n++;
        n_smooth += smooth;
        if (!smooth)
            worst = m->rows[i].test->plan.name;
    }
    if (n == 0) {
        find(row, "no answer came in more than one event");
        return;
    }
    row->figure = (double)n_smooth / n;
    row->verdict = verdict_if(n_smooth == n);
    find(row, "%d of %d answers%s%.80s", n_smooth, n, worst[0] != '\0' ? "; not: " : "", worst);
}

static void judge_steady_speed(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    row->figure = s->steadiness;
    row->low = s->steadiness_low;
    row->high = s->steadiness_high;
    if (isnan(row->low) || isnan(row->high)) {
        find(row, "too few answers with a decode rate");
        return;
    }
    if (row->low >= PACE_MIN || row->high < PACE_MIN)
        row->verdict = verdict_if(row->low >= PACE_MIN);
    find(row, "last quarter %.2f of the first (95 %%: %.2f to %.2f)", row->figure, row->low, row->high);
}

static void judge_long_answer(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = streamed(s);
    const summary_row *longest = NULL;
    for (size_t i = 0; i < m->n_rows; i++) {
        if (is_completed(&m->rows[i]) && (longest == NULL || m->rows[i].metrics.n_tokens > longest->metrics.n_tokens))
            longest = &m->rows[i];
    }
    if (longest == NULL || longest->metrics.n_tokens < TOKENS_MIN) {
        find(row, "no answer of at least %d tokens", TOKENS_MIN);
        return;
    }
    const int64_t n = longest->metrics.n_tokens;
    row->figure = longest->metrics.e2e_ms / (double)n; // seconds per 1,000 tokens
    row->verdict = verdict_if(row->figure < SECONDS_MAX);
    find(row, "%.1f s for 1,000 tokens%s, from %lld tokens of \"%.60s\"", row->figure,
         n < 1000 ? " (time x 1000 / n)" : "", (long long)n, longest->test->plan.name);
}

/* The largest share of an answer's tokens that came at one time, or of its time that passed in one gap. */
static double lump(const answer_record *answer)
{
    const arrival *const e = answer->arrivals;
    const size_t n = answer->n_arrivals;
    const double span = (double)(e[n - 1].t_ns - e[0].t_ns);
    size_t together = 1, most = 1;
    double longest = 0;
    for (size_t i = 1; i < n; i++) {
        together = e[i].t_ns == e[i - 1].t_ns ? together + 1 : 1;
        most = together > most ? together : most;
        longest = fmax(longest, (double)(e[i].t_ns - e[i - 1].t_ns));
    }
    return fmax((double)most / (double)n, longest / span);
}

static void judge_appearance(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = streamed(s);
    int n = 0, n_even = 0;
    for (size_t i = 0; i < m->n_rows; i++) {
        const answer_record *const answer = &m->rows[i].test->answer;
        if (!is_completed(&m->rows[i]) || answer->n_arrivals < STEADY_TOKENS_MIN ||
            !(m->rows[i].metrics.decode_ms > VISIBLE_MS))
            continue;
        const double largest = lump(answer);
        n++;
        n_even += largest <= TOGETHER_MAX;
        row->figure = fmax(row->figure, largest);
    }
    if (n == 0) {
        find(row, "no answer of at least %d pieces took longer than a second", STEADY_TOKENS_MIN);
        return;
    }
    row->verdict = verdict_if(n_even == n);
    find(row, "%d of %d answers; largest lump %.0f %% of an answer", n_even, n, 100 * row->figure);
}

static void judge_coherence(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    row->figure = s->mark_mean;
    if (isnan(s->mark_mean)) {
        find(row, "no answer was marked: the protocol has no checks");
        return;
    }
    row->verdict = verdict_if(s->mark_mean >= MARK_MIN);
    find(row, "mean content mark %.2f of 5", s->mark_mean);
}

static void judge_accuracy(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    row->figure = s->technical_accuracy;
    if (s->n_technical_run < TECHNICAL_MIN) {
        row->figure = NAN;
        find(row, "%d technical checks ran, at least %d are needed", s->n_technical_run, TECHNICAL_MIN);
        return;
    }
    row->verdict = verdict_if(row->figure >= ACCURACY_MIN);
    find(row, "%d of %d technical checks passed", s->n_technical_passed, s->n_technical_run);
}

static void judge_loops(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = streamed(s);
    if (m->n_completed == 0) {
        find(row, "no answer completed");
        return;
    }
    row->figure = m->n_degenerate;
    row->verdict = verdict_if(m->n_degenerate == 0);
    find(row, "%d of %d answers loop", m->n_degenerate, m->n_completed);
}

/* The checks of kind "story". */
static void judge_narrative(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = streamed(s);
    int n = 0, n_passed = 0;
    for (size_t i = 0; i < m->n_rows; i++) {
        const test_record *const t = m->rows[i].test;
        for (size_t k = 0; is_completed(&m->rows[i]) && k < t->n_checks; k++) {
            const bool counts = strcmp(t->checks[k].kind, "story") == 0 && t->checks[k].outcome != CHECK_NOT_RUN;
            n += counts;
            n_passed += counts && t->checks[k].outcome == CHECK_PASSED;
        }
    }
    if (n == 0) {
        find(row, "no story was checked");
        return;
    }
    row->figure = (double)n_passed / n;
    row->verdict = verdict_if(n_passed == n);
    find(row, "%d of %d checks of stories passed", n_passed, n);
}

/* 1 to 3 tok/s "when offloaded", prompts included. */
static void judge_expected_rate(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    row->figure = streamed(s)->overall_tps;
    if (isnan(row->figure) || streamed(s)->n_completed == 0) {
        row->figure = NAN;
        find(row, "no answer completed");
        return;
    }
    row->verdict = verdict_if(row->figure >= 1);
    find(row, "expected 1 to 3 tok/s, found %.3g tok/s", row->figure);
}

static void judge_expected_saving(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const memory_figures *const m = &s->memory;
    row->figure = m->saved_pct;
    if (m->kind == SAVING_NONE || isnan(m->claim_low_pct)) {
        row->figure = NAN;
        find(row, "nothing to compare");
        return;
    }
    if (m->kind == SAVING_MEASURED)
        row->verdict = verdict_if(m->saved_pct >= m->claim_low_pct);
    find(row, "expected %.0f to %.0f %%, found %.1f %% (%s); the ceiling by arithmetic is %.1f %%", m->claim_low_pct,
         m->claim_high_pct, m->saved_pct, m->kind == SAVING_MEASURED ? "measured" : "computed", m->ceiling_pct);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

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
    {"appears-steadily", "streaming", "tokens appear steadily: no tenth of an answer at once, no gap of a tenth of its time", "", &TOGETHER_MAX, false, judge_appearance},
    {"steady-speed", "streaming", "steady speed: the last quarter of an answer at least 0.9 of the pace of the first", "", &PACE_MIN, false, judge_steady_speed},
    {"long-answer", "streaming", "1,000 tokens in under 5 minutes", "s", &SECONDS_MAX, false, judge_long_answer},
    {"no-repetition", "quality", "no repetition at temperature 0.3: mean score below 0.1, no degenerate answer", "", &REPETITION_MAX, false, judge_repetition},
    {"no-loops", "quality", "no answer loops", "", NULL, false, judge_loops},
    {"coherent", "quality", "answers are coherent and relevant: mean content mark at least 3.5 of 5", "", &MARK_MIN, false, judge_coherence},
    {"accurate", "quality", "answers are technically accurate: at least 80 % of technical checks passed", "", &ACCURACY_MIN, false, judge_accuracy},
    {"narrative", "quality", "the story has a narrative structure", "", NULL, false, judge_narrative},
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
