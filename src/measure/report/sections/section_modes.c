/* section_modes.c - a model's modes side by side, its answers streamed against whole, and its repetitions. */
#include <math.h>

#include "report/sections/anchors.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

/* ---- the modes --------------------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column MODES[] = {
    {"mode", "", "", false, 0},
    {"tests", "", "that completed", false, 0},
    {"tokens", "", "of all answers", true, 0},
    {"decode", "tok/s", "all tokens after the first of each answer over all their time", true, 0},
    {"95 %", "", "interval of the decode rate, over tests (bootstrap)", false, 1},
    {"by test", "tok/s", "lowest to highest of the tests' own rates", false, 1},
    {"overall", "tok/s", "all tokens over all time", true, 0},
    {"prefill", "tok/s", "evaluated tokens of the prompts over the time until the first token", true, 2},
    {"first token", "ms", "median of the tests", true, 0},
    {"95 %", "", "interval of that median (bootstrap)", false, 1},
    {"cold", "ms", "first token of tests without a cached part of the prompt, median", true, 2},
    {"warm", "ms", "first token of tests with a cached part of the prompt, median", true, 2},
    {"gap p50", "ms", "of the gaps of all tests together", true, 1},
    {"gap p95", "ms", "", true, 1},
    {"gap p99", "ms", "", true, 1},
    {"stalls", "", "gaps over a second and over ten times the median", true, 1},
    {"repetition", "", "mean", true, 0},
};
// clang-format on

static void put_mode(document *doc, const subject_analysis *s, test_mode mode)
{
    const run_summary *const m = &s->modes[mode];
    doc_put(doc, test_mode_name(mode));
    doc_lead(doc, anchor_of_mode("tests", s->index, mode).text);
    doc_putf(doc, "%d of %d", m->n_completed, m->n_planned);
    doc_lead(doc, NULL);
    doc_putf(doc, "%lld", (long long)m->n_tokens);
    cell_number(doc, m->decode_tps);
    cell_range(doc, m->decode_range.low, m->decode_range.high);
    cell_range(doc, m->test_decode_tps.min, m->test_decode_tps.max);
    cell_number(doc, m->overall_tps);
    cell_number(doc, m->prefill_tps);
    cell_number(doc, m->ttft_ms.p50);
    cell_range(doc, m->ttft_range.low, m->ttft_range.high);
    const double times[] = {m->ttft_cold_ms.p50, m->ttft_warm_ms.p50, m->itl_ms.p50, m->itl_ms.p95, m->itl_ms.p99};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        cell_number(doc, times[i]);
    doc_putf(doc, "%zu", m->n_stalls);
    cell_score(doc, m->mean_repetition);
    doc_row_anchor(doc, anchor_of_mode("modes", s->index, mode).text);
}

// clang-format off
static const doc_column LOAD[] = {
    {"mode", "", "", false, 0},
    {"at a time", "", "most requests", true, 0},
    {"mean", "", "requests at a time, weighted by time", true, 1},
    {"window", "s", "all workers were busy, or requests arrived", true, 0},
    {"of the run", "%", "share of the time that the window is", true, 1},
    {"output", "tok/s", "tokens that arrived in the window", true, 0},
    {"with prompts", "tok/s", "and the prompts of requests that began in it", true, 1},
    {"requests", "1/s", "that ended in the window", true, 0},
    {"peak", "tok/s", "most tokens in one second", true, 1},
};
// clang-format on

/* Of modes in which several requests ran at a time. */
static void put_loads(document *doc, const subject_analysis *s)
{
    doc_table(doc, "Several requests at a time", LOAD, sizeof LOAD / sizeof *LOAD);
    for (int mode = 0; mode < N_TEST_MODES; mode++) {
        const load_figures *const l = &s->modes[mode].load;
        if (s->modes[mode].n_rows == 0 || l->concurrency_max < 2)
            continue;
        doc_put(doc, test_mode_name((test_mode)mode));
        doc_putf(doc, "%d", l->concurrency_max);
        const double figures[] = {l->concurrency_mean, l->window_s, 100 * l->window_share, l->output_tps, l->total_tps,
                                  l->requests_per_s,   l->peak_tps};
        for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
            cell_number(doc, figures[i]);
    }
}

static void put_ratio_fact(document *doc, const char *name, const char *meaning, int n, int n_all)
{
    if (n_all > 0)
        doc_fact(doc, name, meaning, "%d of %d", n, n_all);
}

static void put_facts(document *doc, const subject_analysis *s)
{
    char pace[CELL_BYTES], range[CELL_BYTES], cold[CELL_BYTES];
    doc_facts(doc, DOC_FACTS);
    format_number(pace, s->steadiness);
    format_range(range, s->steadiness_low, s->steadiness_high);
    doc_lead(doc, anchor_of_mode("tests", s->index, MODE_STREAM).text);
    doc_fact(doc, "steadiness",
             range[0] ? "pace of the last quarter of an answer / of the first, median, with 95 % interval"
                      : "pace of the last quarter of an answer / of the first, median",
             "%s%s%s%s", pace, range[0] ? " (" : "", range, range[0] ? ")" : "");
    format_by_unit(cold, s->cold_ttft_ms, "ms");
    doc_row_anchor(doc, anchor_part(s->index, "steadiness").text);
    doc_lead(doc, anchor_of_mode("modes", s->index, MODE_COLD).text);
    doc_fact(doc, "first token, cold", "median, without a prefix that was evaluated before", "%s",
             isfinite(s->cold_ttft_ms) ? cold : "");
    doc_lead(doc, anchor_of_mode("tests", s->index, MODE_WHOLE).text);
    put_ratio_fact(doc, "equal to whole", "answers with the same text streamed and not, same prompt and seed",
                   s->preserved[PRESERVES_STREAMED].all.n_equal, s->preserved[PRESERVES_STREAMED].all.n_pairs);
    doc_lead(doc, anchor_of_mode("tests", s->index, MODE_REFERENCE).text);
    put_ratio_fact(doc, "equal to reference", "answers with the same text offloaded and not, same prompt and seed",
                   s->preserved[PRESERVES_OFFLOADED].all.n_equal, s->preserved[PRESERVES_OFFLOADED].all.n_pairs);
}

/* ---- streamed against whole -------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column WHOLE[] = {
    {"test", "", "", false, 0},
    {"first words", "s", "streamed: first token, mean of the repetitions", true, 0},
    {"streamed", "s", "to the end of the stream, mean", true, 0},
    {"whole", "s", "to the end of the document, mean", true, 0},
    {"waits longer", "times", "for the first words without streaming", true, 0},
};
// clang-format on

static const test_spread *find(const run_summary *m, int index)
{
    for (size_t i = 0; i < m->n_tests; i++) {
        if (m->tests[i].test->index == index)
            return &m->tests[i];
    }
    return NULL;
}

static void put_pairs(document *doc, const run_record *run, const run_summary *streamed, const run_summary *whole)
{
    doc_table(doc, "Streamed against whole", WHOLE, sizeof WHOLE / sizeof *WHOLE);
    for (size_t i = 0; i < streamed->n_tests; i++) {
        const test_spread *const a = &streamed->tests[i], *const b = find(whole, a->test->index);
        if (b == NULL)
            continue;
        doc_put_link(doc, anchor_of_test("test", run, a->test).text, a->test->plan.name);
        cell_number(doc, a->ttft_ms.mean / 1000);
        cell_number(doc, a->e2e_ms.mean / 1000);
        doc_lead(doc, anchor_of_test("test", run, b->test).text);
        cell_number(doc, b->e2e_ms.mean / 1000);
        doc_lead(doc, NULL);
        cell_number(doc, b->e2e_ms.mean / a->ttft_ms.mean);
    }
}

/* ---- what a mode changes ------------------------------------------------------------------------------------------
 */

// clang-format off
static const doc_column CHANGES[] = {
    {"figure", "", "", false, 0},
    {"pairs", "", "of the same prompt, repetition and seed", true, 0},
    {"without", "", "median", true, 0},
    {"with", "", "median", true, 0},
    {"change", "%", "", true, 0},
    {"95 %", "", "interval of the change, from six pairs on", false, 0},
    {"p", "", "of random exchange within pairs, corrected for all figures after Holm", true, 1},
    {"verdict", "", "same: within 2 %; better or worse: the interval does not hold 0, and p is at most 0.05", false, 0},
};
// clang-format on

static doc_tone tone_of(change_verdict verdict)
{
    return verdict == CHANGE_BETTER ? TONE_GOOD : verdict == CHANGE_WORSE ? TONE_BAD : TONE_OPEN;
}

/* Streamed answers beside those of `base`, the mode without. */
static void put_changes(document *doc, const char *title, const figure_change *changes, int subject, test_mode base)
{
    doc_table(doc, title, CHANGES, sizeof CHANGES / sizeof *CHANGES);
    for (int i = 0; i < N_CHANGE_FIGURES; i++) {
        const figure_change *const c = &changes[i];
        if (c->n == 0)
            continue;
        doc_lead(doc, NULL);
        doc_put(doc, c->name);
        doc_putf(doc, "%zu", c->n);
        doc_lead(doc, anchor_of_mode("modes", subject, base).text);
        cell_by_unit(doc, c->a, c->unit);
        doc_lead(doc, anchor_of_mode("modes", subject, MODE_STREAM).text);
        cell_by_unit(doc, c->b, c->unit);
        doc_lead(doc, NULL);
        cell_number(doc, 100 * c->relative);
        cell_range(doc, 100 * c->range.low, 100 * c->range.high);
        cell_number(doc, c->p_value);
        doc_put_tone(doc, tone_of(c->verdict), change_verdict_name(c->verdict));
    }
}

/* ---- repetitions ------------------------------------------------------------------------------------------------- */

// clang-format off
static const doc_column SPREAD[] = {
    {"test", "", "", false, 0},
    {"completed", "", "repetitions", false, 0},
    {"decode", "tok/s", "mean", true, 0},
    {"95 %", "", "interval of the mean (Student's t, three repetitions or more)", false, 1},
    {"CV", "%", "standard deviation / mean", true, 1},
    {"first token", "ms", "mean", true, 0},
    {"95 %", "", "", false, 1},
    {"overall", "tok/s", "mean", true, 0},
    {"95 %", "", "", false, 1},
    {"repetition", "", "mean", true, 0},
    {"95 %", "", "", false, 1},
};
// clang-format on

static void put_spread(document *doc, const spread *s, void (*put_mean)(document *doc, double value))
{
    put_mean(doc, s->mean);
    cell_range(doc, s->range.low, s->range.high);
}

static void put_spreads(document *doc, const run_record *run, const run_summary *m)
{
    doc_table(doc, "Repetitions of the streamed tests", SPREAD, sizeof SPREAD / sizeof *SPREAD);
    for (size_t i = 0; i < m->n_tests; i++) {
        const test_spread *const t = &m->tests[i];
        if (t->n_asked < 2)
            continue;
        doc_put_link(doc, anchor_of_test("test", run, t->test).text, t->test->plan.name);
        doc_putf(doc, "%d of %d", t->n_completed, t->n_asked);
        put_spread(doc, &t->decode_tps, cell_number);
        cell_number(doc, 100 * t->decode_tps.cv);
        put_spread(doc, &t->ttft_ms, cell_number);
        put_spread(doc, &t->overall_tps, cell_number);
        put_spread(doc, &t->repetition, cell_score);
    }
}

void section_modes(document *doc, const run_analysis *a, const subject_analysis *s)
{
    doc_heading(doc, 3, anchor_part(s->index, "repetitions").text, "Modes and repetitions");
    doc_table(doc, "", MODES, sizeof MODES / sizeof *MODES);
    for (int mode = 0; mode < N_TEST_MODES; mode++) {
        if (s->modes[mode].n_rows > 0)
            put_mode(doc, s, (test_mode)mode);
    }
    put_loads(doc, s);
    put_facts(doc, s);
    put_pairs(doc, a->run, &s->modes[MODE_STREAM], &s->modes[MODE_WHOLE]);
    put_changes(doc, "What streaming changes", s->by_streaming, s->index, MODE_WHOLE);
    put_changes(doc, "What offloading changes", s->by_offloading, s->index, MODE_REFERENCE);
    put_spreads(doc, a->run, &s->modes[MODE_STREAM]);
}
