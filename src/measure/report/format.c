/* format.c - the columns, the totals and the warnings of every report, as tables of data. */
#include "report/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Decimals by size, so that a column of unlike figures stays readable. */
void format_number(char out[CELL_BYTES], double value)
{
    if (!isfinite(value)) {
        snprintf(out, CELL_BYTES, "-");
        return;
    }
    const double size = fabs(value);
    const int n_decimals = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    snprintf(out, CELL_BYTES, "%.*f", n_decimals, value);
}

/* Powers of 1024, as the operating system counts memory. */
void format_bytes(char out[CELL_BYTES], uint64_t bytes)
{
    const double mib = (double)bytes / (1024.0 * 1024.0);
    if (mib >= 1024)
        snprintf(out, CELL_BYTES, "%.2f GiB", mib / 1024);
    else
        snprintf(out, CELL_BYTES, "%.1f MiB", mib);
}

/* UTC, so that reports of two machines can be put in order. */
void format_time(char out[CELL_BYTES], int64_t unix_ms)
{
    const time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    if (gmtime_r(&seconds, &tm) == NULL || strftime(out, CELL_BYTES, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
        snprintf(out, CELL_BYTES, "-");
}

const char *format_status(test_status status)
{
    return status == TEST_COMPLETED ? "ok" : test_status_name(status);
}

void format_name(buf *out, const test_record *test)
{
    buf_puts(out, test->plan.name);
    if (test->repeat > 0)
        buf_printf(out, " (%d)", test->repeat + 1);
}

/* ---- columns: one function per cell of a test's row ------------------------------------------------------------- */

static void status(char out[CELL_BYTES], const summary_row *row)
{
    snprintf(out, CELL_BYTES, "%s", format_status(row->test->answer.status));
}

/* "*" marks a count of events in place of the server's. */
static void tokens(char out[CELL_BYTES], const summary_row *row)
{
    snprintf(out, CELL_BYTES, "%" PRId64 "%s", row->metrics.n_tokens, row->metrics.counted_events ? "*" : "");
}

static void ttft(char out[CELL_BYTES], const summary_row *row)
{
    format_number(out, row->metrics.ttft_ms);
}

static void gap_median(char out[CELL_BYTES], const summary_row *row)
{
    format_number(out, row->metrics.itl_ms.p50);
}

/* Below 20 gaps a 95th percentile is a guess: the maximum is shown, and labelled as such. */
static void gap_tail(char out[CELL_BYTES], const summary_row *row)
{
    const sample_stats *const gaps = &row->metrics.itl_ms;
    const bool has_p95 = stats_has_p95(gaps);
    char number[CELL_BYTES];
    format_number(number, has_p95 ? gaps->p95 : gaps->max);
    snprintf(out, CELL_BYTES, "%s%.20s", has_p95 || gaps->n == 0 ? "" : "max ", number);
}

static void decode_rate(char out[CELL_BYTES], const summary_row *row)
{
    format_number(out, row->metrics.decode_tps);
}

static void overall_rate(char out[CELL_BYTES], const summary_row *row)
{
    format_number(out, row->metrics.overall_tps);
}

/* In seconds: total times are longer than all other figures. */
static void total_time(char out[CELL_BYTES], const summary_row *row)
{
    const double seconds = row->metrics.e2e_ms / 1000;
    if (seconds >= 0)
        snprintf(out, CELL_BYTES, "%.2f", seconds);
    else
        snprintf(out, CELL_BYTES, "-");
}

/* "!" marks the verdict "degenerate"; the score alone would miss a loop that begins late. */
static void repetition(char out[CELL_BYTES], const summary_row *row)
{
    const repetition_score *const r = &row->metrics.repetition;
    snprintf(out, CELL_BYTES, "%.3f%s", r->score, r->verdict == REPETITION_DEGENERATE ? " !" : "");
}

const column_id COLUMNS[N_COLUMNS] = {
    {"status", "", "outcome of the request", status, false, 0},
    {"tokens", "", "tokens of the answer, as the server counts them (*: counted by events)", tokens, true, 3},
    {"first token", "ms", "request written to first piece of text", ttft, true, 1},
    {"gap p50", "ms", "median time between two tokens", gap_median, true, 7},
    {"gap p95", "ms", "95th percentile of it (below 20 gaps: the longest)", gap_tail, true, 8},
    {"decode", "tok/s", "tokens per second after the first (-: arrival times too few to tell)", decode_rate, true, 0},
    {"overall", "tok/s", "tokens per second, including the wait for the first", overall_rate, true, 5},
    {"total", "s", "request written to end of the stream", total_time, true, 4},
    {"repetition", "", "share of repeated word triples, 0 to 1 (!: the answer repeats itself)", repetition, true, 6},
};

/* ---- totals: one function per figure of the run ----------------------------------------------------------------- */

static void total_success(char out[CELL_BYTES], const run_summary *s)
{
    snprintf(out, CELL_BYTES, "%d of %d", s->n_completed, s->n_planned);
}

static void total_decode(char out[CELL_BYTES], const run_summary *s)
{
    format_number(out, s->decode_tps);
}

static void total_test_decode(char out[CELL_BYTES], const run_summary *s)
{
    format_number(out, s->test_decode_tps.p50);
}

/* Numbers are cut to fit the cell. */
static void spread_test_decode(char out[CELL_BYTES], const run_summary *s)
{
    const sample_stats *const rates = &s->test_decode_tps;
    char min[CELL_BYTES], max[CELL_BYTES];
    out[0] = '\0';
    format_number(min, rates->min);
    format_number(max, rates->max);
    if (rates->n > 0)
        snprintf(out, CELL_BYTES, "%.9s to %.9s", min, max);
}

static void total_overall(char out[CELL_BYTES], const run_summary *s)
{
    format_number(out, s->overall_tps);
}

static void total_ttft(char out[CELL_BYTES], const run_summary *s)
{
    format_number(out, s->ttft_ms.p50);
}

static void total_repetition(char out[CELL_BYTES], const run_summary *s)
{
    if (isnan(s->mean_repetition))
        snprintf(out, CELL_BYTES, "-");
    else
        snprintf(out, CELL_BYTES, "%.3f", s->mean_repetition);
}

static void total_memory(char out[CELL_BYTES], const run_summary *s)
{
    if (s->has_memory)
        format_bytes(out, s->peak_private_bytes);
    else
        snprintf(out, CELL_BYTES, "-");
}

const total_id TOTALS[N_TOTALS] = {
    {"success", "", "tests that completed", total_success, NULL},
    {"decode", "tok/s", "all tokens after the first of each test, over all their time", total_decode, NULL},
    {"decode/test", "tok/s", "median of the tests, lowest to highest", total_test_decode, spread_test_decode},
    {"overall", "tok/s", "all tokens over all time, including the wait for the first", total_overall, NULL},
    {"first token", "ms", "median of the tests", total_ttft, NULL},
    {"repetition", "", "mean over the tests", total_repetition, NULL},
    {"memory peak", "", "anonymous and swapped memory of the server", total_memory, NULL},
};

void format_total(buf *out, const total_id *total, const run_summary *summary)
{
    char cell[CELL_BYTES];
    total->format(cell, summary);
    buf_printf(out, "%s%s%s", cell, total->unit[0] != '\0' ? " " : "", total->unit);
    cell[0] = '\0';
    if (total->spread != NULL)
        total->spread(cell, summary);
    if (cell[0] != '\0')
        buf_printf(out, " (%s)", cell);
}

/* ---- warnings --------------------------------------------------------------------------------------------------- */

/* A changed fingerprint means another model or other settings in the middle of the run. */
static bool has_two_fingerprints(const run_record *run)
{
    for (size_t i = 1; i < run->n_tests; i++) {
        const char *const a = run->tests[0].answer.fingerprint;
        const char *const b = run->tests[i].answer.fingerprint;
        if (a[0] != '\0' && b[0] != '\0' && strcmp(a, b) != 0)
            return true;
    }
    return false;
}

/* Warnings are a table of conditions, in the order in which a reader should see them. */
const char *format_warning(const run_record *run, const run_summary *s, int i)
{
    const struct {
        bool applies;
        const char *text;
    } warnings[] = {
        {(int)s->n_rows < s->n_planned, "The run is not complete; spillway bench --resume continues it."},
        {s->n_completed == 0, "No test completed: the figures of this run mean nothing."},
        {s->counted_events,
         "The server sent no token counts, or zero, for some answers (*); their events were counted."},
        {s->counts_differ, "The server's token counts and its events differ by more than 2 %; gaps between events are "
                           "not gaps between tokens."},
        {s->n_without_decode > 0,
         "At least one answer has no decode rate (-): its tokens came in too few events (fewer "
         "than half of them) or at too few different times (fewer than 20)."},
        {s->n_degenerate > 0, "At least one answer (!) repeats itself; read it before you trust the model."},
        {s->n_stalls > 0, "The stream stalled: at least one gap was over a second and over ten times the median."},
        {has_two_fingerprints(run), "The server's fingerprint changed during the run: its tests are not comparable."},
        {!s->has_memory,
         "The server's memory was not measured: its process is not on this machine, not visible, or not "
         "known as a model server (a proxy holds no model)."},
    };
    for (size_t k = 0; k < sizeof warnings / sizeof warnings[0]; k++) {
        if (warnings[k].applies && i-- == 0)
            return warnings[k].text;
    }
    return NULL;
}
