#include "report/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void sw_format_number(char out[SW_CELL_BYTES], double value)
{
    if (!isfinite(value)) {
        snprintf(out, SW_CELL_BYTES, "-");
        return;
    }
    const double size = fabs(value);
    const int n_decimals = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    snprintf(out, SW_CELL_BYTES, "%.*f", n_decimals, value);
}

void sw_format_bytes(char out[SW_CELL_BYTES], uint64_t bytes)
{
    const double mib = (double)bytes / (1024.0 * 1024.0);
    if (mib >= 1024)
        snprintf(out, SW_CELL_BYTES, "%.2f GiB", mib / 1024);
    else
        snprintf(out, SW_CELL_BYTES, "%.1f MiB", mib);
}

void sw_format_time(char out[SW_CELL_BYTES], int64_t unix_ms)
{
    const time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    if (gmtime_r(&seconds, &tm) == NULL || strftime(out, SW_CELL_BYTES, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
        snprintf(out, SW_CELL_BYTES, "-");
}

const char *sw_format_status(sw_test_status status)
{
    return status == SW_TEST_COMPLETED ? "ok" : sw_test_status_name(status);
}

void sw_format_name(sw_buf *out, const sw_test_record *test)
{
    sw_buf_puts(out, test->plan.name);
    if (test->repeat > 0)
        sw_buf_printf(out, " (%d)", test->repeat + 1);
}

/* ---- columns ------------------------------------------------------------------------------------------------- */

static void status(char out[SW_CELL_BYTES], const sw_summary_row *row)
{
    snprintf(out, SW_CELL_BYTES, "%s", sw_format_status(row->test->answer.status));
}

static void tokens(char out[SW_CELL_BYTES], const sw_summary_row *row)
{
    snprintf(out, SW_CELL_BYTES, "%" PRId64 "%s", row->metrics.n_tokens, row->metrics.counted_events ? "*" : "");
}

static void ttft(char out[SW_CELL_BYTES], const sw_summary_row *row)
{
    sw_format_number(out, row->metrics.ttft_ms);
}

static void gap_median(char out[SW_CELL_BYTES], const sw_summary_row *row)
{
    sw_format_number(out, row->metrics.itl_ms.p50);
}

/* Below 20 gaps a 95th percentile is a guess; the maximum is shown and named. */
static void gap_tail(char out[SW_CELL_BYTES], const sw_summary_row *row)
{
    const sw_stats *const gaps = &row->metrics.itl_ms;
    const bool has_p95 = sw_stats_has_p95(gaps);
    char number[SW_CELL_BYTES];
    sw_format_number(number, has_p95 ? gaps->p95 : gaps->max);
    snprintf(out, SW_CELL_BYTES, "%s%.20s", has_p95 || gaps->n == 0 ? "" : "max ", number);
}

static void decode_rate(char out[SW_CELL_BYTES], const sw_summary_row *row)
{
    sw_format_number(out, row->metrics.decode_tps);
}

static void overall_rate(char out[SW_CELL_BYTES], const sw_summary_row *row)
{
    sw_format_number(out, row->metrics.overall_tps);
}

static void total_time(char out[SW_CELL_BYTES], const sw_summary_row *row)
{
    const double seconds = row->metrics.e2e_ms / 1000;
    if (seconds >= 0)
        snprintf(out, SW_CELL_BYTES, "%.2f", seconds);
    else
        snprintf(out, SW_CELL_BYTES, "-");
}

static void repetition(char out[SW_CELL_BYTES], const sw_summary_row *row)
{
    const sw_repetition *const r = &row->metrics.repetition;
    snprintf(out, SW_CELL_BYTES, "%.3f%s", r->score, r->verdict == SW_REPETITION_DEGENERATE ? " !" : "");
}

const sw_column SW_COLUMNS[SW_N_COLUMNS] = {
    {"status", "", "how the request ended", status, false},
    {"tokens", "", "tokens of the answer, as the server counts them (*: counted by events)", tokens, true},
    {"first token", "ms", "request written to first piece of text", ttft, true},
    {"gap p50", "ms", "median time between two tokens", gap_median, true},
    {"gap p95", "ms", "95th percentile of it (below 20 gaps: the longest)", gap_tail, true},
    {"decode", "tok/s", "tokens per second after the first", decode_rate, true},
    {"overall", "tok/s", "tokens per second, waiting for the first included", overall_rate, true},
    {"total", "s", "request written to end of the stream", total_time, true},
    {"repetition", "", "share of repeated word triples, 0 to 1 (!: the answer goes round in circles)", repetition,
     true},
};

/* ---- totals -------------------------------------------------------------------------------------------------- */

static void total_success(char out[SW_CELL_BYTES], const sw_summary *s)
{
    snprintf(out, SW_CELL_BYTES, "%d of %d", s->n_completed, s->n_planned);
}

static void total_decode(char out[SW_CELL_BYTES], const sw_summary *s)
{
    sw_format_number(out, s->mean_decode_tps);
}

static void total_overall(char out[SW_CELL_BYTES], const sw_summary *s)
{
    sw_format_number(out, s->mean_overall_tps);
}

static void total_ttft(char out[SW_CELL_BYTES], const sw_summary *s)
{
    sw_format_number(out, s->mean_ttft_ms);
}

static void total_repetition(char out[SW_CELL_BYTES], const sw_summary *s)
{
    if (isnan(s->mean_repetition))
        snprintf(out, SW_CELL_BYTES, "-");
    else
        snprintf(out, SW_CELL_BYTES, "%.3f", s->mean_repetition);
}

static void total_memory(char out[SW_CELL_BYTES], const sw_summary *s)
{
    if (s->has_memory)
        sw_format_bytes(out, s->peak_private_bytes);
    else
        snprintf(out, SW_CELL_BYTES, "-");
}

const sw_total SW_TOTALS[SW_N_TOTALS] = {
    {"success", "", "tests that completed", total_success},
    {"decode", "tok/s", "mean over the tests", total_decode},
    {"overall", "tok/s", "mean over the tests, first token included", total_overall},
    {"first token", "ms", "mean over the tests", total_ttft},
    {"repetition", "", "mean over the tests", total_repetition},
    {"memory peak", "", "of the server: anonymous and swapped", total_memory},
};

/* ---- warnings ------------------------------------------------------------------------------------------------ */

static bool has_two_fingerprints(const sw_run *run)
{
    for (size_t i = 1; i < run->n_tests; i++) {
        const char *const a = run->tests[0].answer.fingerprint;
        const char *const b = run->tests[i].answer.fingerprint;
        if (a[0] != '\0' && b[0] != '\0' && strcmp(a, b) != 0)
            return true;
    }
    return false;
}

const char *sw_format_warning(const sw_run *run, const sw_summary *s, int i)
{
    const struct {
        bool applies;
        const char *text;
    } warnings[] = {
        {(int)s->n_rows < s->n_planned, "The run is not complete; spillway bench --resume goes on where it stopped."},
        {s->n_completed == 0, "No test completed: the figures of this run mean nothing."},
        {s->counted_events, "The server told no token counts for some answers (*); there its events were counted."},
        {s->counts_differ, "The server's token counts and its events differ by more than 2 %; gaps between events are "
                           "not gaps between tokens."},
        {s->n_degenerate > 0, "At least one answer (!) goes round in circles; read it before you trust the model."},
        {s->n_stalls > 0, "The stream stalled: at least one gap was over a second and over ten times the median."},
        {has_two_fingerprints(run), "The server's fingerprint changed during the run: its tests are not comparable."},
        {!s->has_memory, "The server's memory was not measured: its process is not on this machine or not visible."},
    };
    for (size_t k = 0; k < sizeof warnings / sizeof warnings[0]; k++) {
        if (warnings[k].applies && i-- == 0)
            return warnings[k].text;
    }
    return NULL;
}
