/* section_tests.c - a model's tests, a table for each mode with one row per request. */
#include <math.h>

#include "report/sections/anchors.h"
#include "report/sections/cells.h"
#include "report/sections/sections.h"

/* What a cell is made of. */
typedef struct test_row {
    const run_analysis *run;
    const subject_analysis *subject;
    const summary_row *row;
    content_score content;
} test_row;

typedef void put_cell_fn(document *doc, const test_row *t);

/* ---- cells ------------------------------------------------------------------------------------------------------- */

static void put_name(document *doc, const test_row *t)
{
    cell_test(doc, t->run->run, t->row->test);
}

static void put_status(document *doc, const test_row *t)
{
    const test_status status = t->row->test->answer.status;
    doc_put_tone(doc, status == TEST_COMPLETED ? TONE_GOOD : TONE_BAD, format_status(status));
}

/* "*" marks a count of events in place of the server's; the times of all are with the answer. */
static void put_tokens(document *doc, const test_row *t)
{
    doc_lead(doc, anchor_of_test("events", t->run->run, t->row->test).text);
    doc_putf(doc, "%lld%s", (long long)t->row->metrics.n_tokens, t->row->metrics.counted_events ? "*" : "");
    doc_lead(doc, NULL);
}

static void put_prompt_tokens(document *doc, const test_row *t)
{
    cell_integer(doc, t->row->test->answer.prompt_tokens);
}

static void put_cached_tokens(document *doc, const test_row *t)
{
    cell_integer(doc, t->row->test->answer.cached_tokens);
}

/* "w" marks a warm prefix: the server had evaluated a part of the prompt before. */
static void put_first_token(document *doc, const test_row *t)
{
    char cell[CELL_BYTES];
    format_number(cell, t->row->metrics.ttft_ms);
    doc_putf(doc, "%s%s", cell, cell[0] != '-' && t->row->metrics.is_warm ? " w" : "");
}

/* Of the same prompt without a warm prefix. */
static void put_cold_first_token(document *doc, const test_row *t)
{
    const run_summary *const cold = &t->subject->modes[MODE_COLD];
    double ms = NAN;
    for (size_t i = 0; i < cold->n_rows && isnan(ms); i++) {
        if (cold->rows[i].test->index == t->row->test->index)
            ms = cold->rows[i].metrics.ttft_ms;
    }
    cell_number(doc, ms);
}

static void put_gap_p50(document *doc, const test_row *t)
{
    cell_number(doc, t->row->metrics.itl_ms.p50);
}

/* Of too few gaps a tail percentile is a guess: the maximum is shown, and labelled as such. */
static void put_tail(document *doc, const sample_stats *gaps, bool has_tail, double tail)
{
    char cell[CELL_BYTES];
    format_number(cell, has_tail ? tail : gaps->max);
    doc_putf(doc, "%s%s", has_tail || gaps->n == 0 ? "" : "max ", cell);
}

static void put_gap_p95(document *doc, const test_row *t)
{
    const sample_stats *const gaps = &t->row->metrics.itl_ms;
    put_tail(doc, gaps, stats_has_p95(gaps), gaps->p95);
}

static void put_gap_p99(document *doc, const test_row *t)
{
    const sample_stats *const gaps = &t->row->metrics.itl_ms;
    put_tail(doc, gaps, stats_has_p99(gaps), gaps->p99);
}

/* "~" marks a rate of events: how many tokens came in them is not known. */
static void put_decode(document *doc, const test_row *t)
{
    char cell[CELL_BYTES];
    format_number(cell, t->row->metrics.decode_tps);
    doc_putf(doc, "%s%s", cell, cell[0] != '-' && t->row->metrics.decode_by_events ? " ~" : "");
}

static void put_overall(document *doc, const test_row *t)
{
    cell_number(doc, t->row->metrics.overall_tps);
}

/* In seconds: total times are longer than all other figures. */
static void put_total(document *doc, const test_row *t)
{
    cell_number(doc, t->row->metrics.e2e_ms / 1000);
}

/* "!" marks the verdict "degenerate"; the score alone would miss a loop that begins late. */
static void put_repetition(document *doc, const test_row *t)
{
    const repetition_score *const r = &t->row->metrics.repetition;
    const answer_record *const a = &t->row->test->answer;
    if (a->n_text + a->n_reasoning == 0)
        doc_put(doc, "-");
    else
        doc_putf(doc, "%.3f%s", r->score, r->verdict == REPETITION_DEGENERATE ? " !" : "");
}

static void put_mark(document *doc, const test_row *t)
{
    cell_number(doc, t->content.mark);
}

static void put_checks(document *doc, const test_row *t)
{
    cell_ratio(doc, t->content.n_passed, t->content.n_run);
}

static void put_ended(document *doc, const test_row *t)
{
    const char *const reason = t->row->test->answer.finish_reason;
    doc_put(doc, reason[0] != '\0' ? reason : "-");
}

// clang-format off
static const doc_column COLUMNS[] = {
    {"test", "", "", false, 0},
    {"status", "", "outcome of the request", false, 0},
    {"tokens", "", "of the answer, as the server counts them (*: counted by events)", true, 5},
    {"first token", "ms", "request written to first piece of text (w: on a warm prefix)", true, 2},
    {"decode", "tok/s", "tokens per second after the first (-: arrival times too few to tell; ~: counted by events)", true, 0},
    {"overall", "tok/s", "tokens per second, including the wait for the first", true, 8},
    {"total", "s", "request written to end of the stream", true, 7},
    {"repetition", "", "share of repeated word triples, 0 to 1 (!: the answer repeats itself)", true, 3},
    {"mark", "of 5", "content mark, from the checks (-: no check ran)", true, 1},
    {"checks", "", "passed of those that ran", false, 4},
    {"cold", "ms", "first token of the same prompt without a warm prefix", true, 9},
    {"prompt", "tok", "tokens of the prompt", true, 10},
    {"cached", "tok", "of them, evaluated for an earlier request", true, 10},
    {"gap p50", "ms", "median time between two tokens", true, 11},
    {"gap p95", "ms", "95th percentile of it (below 20 gaps: the longest)", true, 12},
    {"gap p99", "ms", "99th percentile of it (below 100 gaps: the longest)", true, 13},
    {"ended by", "", "finish reason that the server gave", false, 14},
};
// clang-format on

static put_cell_fn *const CELLS[] = {
    put_name,       put_status,  put_tokens, put_first_token,      put_decode,        put_overall,       put_total,
    put_repetition, put_mark,    put_checks, put_cold_first_token, put_prompt_tokens, put_cached_tokens, put_gap_p50,
    put_gap_p95,    put_gap_p99, put_ended};

enum { N_COLUMNS = sizeof COLUMNS / sizeof *COLUMNS };
_Static_assert(N_COLUMNS == sizeof CELLS / sizeof *CELLS, "one function for each column");

/* ---- the table and what is above it ------------------------------------------------------------------------------ */

static void put_row(document *doc, const run_analysis *a, const subject_analysis *s, const summary_row *row)
{
    const test_row t = {a, s, row, content_score_of(row->test, &row->metrics.repetition)};
    for (int c = 0; c < N_COLUMNS; c++)
        CELLS[c](doc, &t);
    doc_row_anchor(doc, anchor_of_test("test", a->run, row->test).text);
    if (row->test->answer.error[0] != '\0')
        doc_row_note(doc, row->test->answer.error);
}

static void put_mode(document *doc, const run_analysis *a, const subject_analysis *s, test_mode mode, const char *title)
{
    const run_summary *const m = &s->modes[mode];
    doc_table(doc, title, COLUMNS, N_COLUMNS);
    doc_anchor(doc, anchor_of_mode("tests", s->index, mode).text);
    for (size_t i = 0; i < m->n_rows; i++)
        put_row(doc, a, s, &m->rows[i]);
}

static void put_total_fact(document *doc, const char *name, double value, const char *unit, const char *meaning)
{
    char cell[CELL_BYTES];
    format_unit(cell, value, unit);
    doc_fact(doc, name, meaning, "%s", cell);
}

/* The figures of the streamed tests, large. */
static void put_totals(document *doc, const subject_analysis *s)
{
    const run_summary *const m = &s->modes[MODE_STREAM];
    char cell[CELL_BYTES], range[CELL_BYTES];
    doc_facts(doc, DOC_TILES);
    doc_lead(doc, anchor_of_mode("modes", s->index, MODE_STREAM).text);
    doc_fact(doc, "success", "streamed tests that completed", "%d of %d", m->n_completed, m->n_planned);
    put_total_fact(doc, "decode", m->decode_tps, "tok/s",
                   "all tokens after the first of each test, over all their time");
    format_unit(cell, m->test_decode_tps.p50, "tok/s");
    format_range(range, m->test_decode_tps.min, m->test_decode_tps.max);
    const bool has_range = m->test_decode_tps.n > 1;
    doc_fact(doc, "decode by test",
             has_range ? "median of the tests, lowest to highest" : "of the only test that has one", "%s%s%s%s", cell,
             has_range ? " (" : "", has_range ? range : "", has_range ? ")" : "");
    put_total_fact(doc, "overall", m->overall_tps, "tok/s",
                   "all tokens over all time, including the wait for the first");
    put_total_fact(doc, "first token", m->ttft_ms.p50, "ms", "median of the tests");
    put_total_fact(doc, "repetition", m->mean_repetition, "", "mean over the tests");
    doc_lead(doc, anchor_part(s->index, "marks").text);
    put_total_fact(doc, "quality", s->mark_mean, "of 5", "mean content mark");
    format_bytes(cell, m->has_memory ? (double)m->peak_private_bytes : NAN);
    doc_lead(doc, anchor_part(s->index, "ram").text);
    doc_fact(doc, "memory peak", "anonymous and swapped memory of the server", "%s", cell);
}

static void put_other_modes(document *doc, const run_analysis *a, const subject_analysis *s)
{
    static const char *const TITLES[] = {[MODE_WHOLE] = "Not streamed",
                                         [MODE_REFERENCE] = "Streamed, experts not offloaded",
                                         [MODE_COLD] = "First tokens without a warm prefix",
                                         [MODE_SWEEP] = "Sweep"};
    bool has_heading = false;
    for (int mode = MODE_STREAM + 1; mode < N_TEST_MODES; mode++) {
        if (s->modes[mode].n_rows == 0)
            continue;
        if (!has_heading)
            doc_heading(doc, 3, NULL, "Other modes");
        has_heading = true;
        doc_group_begin(doc, TITLES[mode]);
        put_mode(doc, a, s, (test_mode)mode, "");
        doc_group_end(doc);
    }
}

/* Of several models, a terminal shows the tests only: the table of the models is above. */
void section_tests(document *doc, const run_analysis *a, const subject_analysis *s)
{
    const doc_audience audience = doc->audience;
    if (s->modes[MODE_STREAM].n_rows > 0)
        put_mode(doc, a, s, MODE_STREAM, "Streamed");
    doc->audience = a->n_subjects == 1 ? audience : FOR_PAGES;
    put_totals(doc, s);
    doc->audience = FOR_PAGES;
    doc_chart(doc, "tokens", s->index);
    doc_anchor(doc, anchor_part(s->index, "charts").text);
    doc_chart(doc, "gaps", s->index);
    doc_chart(doc, "rates", s->index);
    doc_chart(doc, "memory", s->index);
    put_other_modes(doc, a, s);
    doc->audience = audience;
}
