/* criteria_streaming.c - whether answers come, evenly and fast enough. */
#include <math.h>
#include <string.h>

#include "figures/criteria_judges.h"

const double CRITERION_PACE_MIN = 0.9, CRITERION_SECONDS_MAX = 300, CRITERION_LUMP_MAX = 0.1;

enum { TOKENS_MIN = 100, STEADY_TOKENS_MIN = 50 };
static const double RESPONSIVE_MIN = 0.9, UNSEEN_GAP_MS = 100, VISIBLE_MS = 1000;
void judge_completion(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = criterion_streamed(s);
    if (m->n_rows == 0) {
        criterion_find(row, "no test was asked");
        return;
    }
    row->figure = (double)m->n_completed / (double)m->n_rows;
    row->verdict = criterion_verdict_if(m->n_completed == (int)m->n_rows);
    criterion_find(row, "%d of %zu answers completed", m->n_completed, m->n_rows);
}

/* Gaps below a tenth of a second are not seen by a reader, however uneven they are. */
static bool is_smooth(const test_metrics *m)
{
    return m->n_stalls == 0 && (m->responsiveness >= RESPONSIVE_MIN || m->chunk_ms.max < UNSEEN_GAP_MS);
}

void judge_smooth(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = criterion_streamed(s);
    int n = 0, n_smooth = 0;
    const char *worst = "";
    for (size_t i = 0; i < m->n_rows; i++) {
        if (!criterion_is_completed(&m->rows[i]) || m->rows[i].metrics.chunk_ms.n == 0)
            continue;
        const bool smooth = is_smooth(&m->rows[i].metrics);
        n++;
        n_smooth += smooth;
        if (!smooth)
            worst = m->rows[i].test->plan.name;
    }
    if (n == 0) {
        criterion_find(row, "no answer came in more than one event");
        return;
    }
    row->figure = (double)n_smooth / n;
    row->verdict = criterion_verdict_if(n_smooth == n);
    criterion_find(row, "%d of %d answers%s%.80s", n_smooth, n, worst[0] != '\0' ? "; not: " : "", worst);
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

void judge_appearance(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = criterion_streamed(s);
    int n = 0, n_even = 0;
    for (size_t i = 0; i < m->n_rows; i++) {
        const answer_record *const answer = &m->rows[i].test->answer;
        if (!criterion_is_completed(&m->rows[i]) || answer->n_arrivals < STEADY_TOKENS_MIN ||
            !(m->rows[i].metrics.decode_ms > VISIBLE_MS))
            continue;
        const double largest = lump(answer);
        n++;
        n_even += largest <= CRITERION_LUMP_MAX;
        row->figure = fmax(row->figure, largest);
    }
    if (n == 0) {
        criterion_find(row, "no answer of at least %d pieces took longer than a second", STEADY_TOKENS_MIN);
        return;
    }
    row->verdict = criterion_verdict_if(n_even == n);
    criterion_find(row, "%d of %d answers; largest lump %.0f %% of an answer", n_even, n, 100 * row->figure);
}

void judge_steady_speed(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    row->figure = s->steadiness;
    row->low = s->steadiness_low;
    row->high = s->steadiness_high;
    if (isnan(row->low) || isnan(row->high)) {
        criterion_find(row, "too few answers with a decode rate");
        return;
    }
    if (row->low >= CRITERION_PACE_MIN || row->high < CRITERION_PACE_MIN)
        row->verdict = criterion_verdict_if(row->low >= CRITERION_PACE_MIN);
    criterion_find(row, "last quarter %.2f of the first (95 %%: %.2f to %.2f)", row->figure, row->low, row->high);
}

void judge_long_answer(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    const run_summary *const m = criterion_streamed(s);
    const summary_row *longest = NULL;
    for (size_t i = 0; i < m->n_rows; i++) {
        if (criterion_is_completed(&m->rows[i]) &&
            (longest == NULL || m->rows[i].metrics.n_tokens > longest->metrics.n_tokens))
            longest = &m->rows[i];
    }
    if (longest == NULL || longest->metrics.n_tokens < TOKENS_MIN) {
        criterion_find(row, "no answer of at least %d tokens", TOKENS_MIN);
        return;
    }
    const int64_t n = longest->metrics.n_tokens;
    row->figure = longest->metrics.e2e_ms / (double)n; // seconds per 1,000 tokens
    row->verdict = criterion_verdict_if(row->figure < CRITERION_SECONDS_MAX);
    criterion_find(row, "%.1f s for 1,000 tokens%s, from %lld tokens of \"%.60s\"", row->figure,
                   n < 1000 ? " (time x 1000 / n)" : "", (long long)n, longest->test->plan.name);
}

/* 1 to 3 tok/s "when offloaded", prompts included. */
void judge_expected_rate(const run_analysis *a, const subject_analysis *s, criterion_row *row)
{
    (void)a;
    row->figure = criterion_streamed(s)->overall_tps;
    if (isnan(row->figure) || criterion_streamed(s)->n_completed == 0) {
        row->figure = NAN;
        criterion_find(row, "no answer completed");
        return;
    }
    row->verdict = criterion_verdict_if(row->figure >= 1);
    criterion_find(row, "expected 1 to 3 tok/s, found %.3g tok/s", row->figure);
}
