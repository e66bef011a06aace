/* bench_display.c - formats and draws the progress of a benchmark; it decides nothing. */
#include "cmd/bench_display.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "cmd/output_width.h"
#include "cmd/progress.h"
#include "cmd/terminal.h"
#include "report/format.h"

enum { LINE_BYTES_MAX = 4096, LOG_COLUMNS = 1000 };

// Between lines where none can be redrawn: 10 s while nothing ends, 5 s if tests do.
static const uint64_t LOG_LINE_NS = 10000000000, LOG_FINISHED_NS = 5000000000;

void bench_display_init(bench_display *d, const sw_clock *clock, bool quiet)
{
    *d = (bench_display){.to = stderr,
                         .clock = clock,
                         .is_quiet = quiet,
                         .model = "",
                         .is_terminal = terminal_may_redraw(STDERR_FILENO),
                         .has_color = terminal_has_color(STDERR_FILENO),
                         .line_ns = clock_now_ns(clock)};
}

/* Code points of valid UTF-8. */
static int n_characters(const buf *line)
{
    int n = 0;
    for (size_t i = 0; i < line->size; i++)
        n += ((unsigned char)line->data[i] & 0xc0) != 0x80;
    return n;
}

/* "phi-3.5-moe, whole: code generation", as far as the run has several of each. */
static void put_name(buf *out, const runner_progress *p)
{
    escape_terminal(out, p->model, strlen(p->model));
    if (p->model[0] != '\0' && p->mode[0] != '\0')
        buf_puts(out, ", ");
    buf_puts(out, p->mode);
    if (p->model[0] != '\0' || p->mode[0] != '\0')
        buf_puts(out, ": ");
    escape_terminal(out, p->plan->name, strlen(p->plan->name));
}

/* "loading phi-3.5-moe" */
static void put_server_phase(buf *out, const runner_progress *p)
{
    buf_puts(out, p->phase == RUNNER_LOADING ? "loading" : "warming up");
    buf_puts(out, p->model[0] != '\0' ? " " : "");
    escape_terminal(out, p->model, strlen(p->model));
    if (p->phase == RUNNER_WARMUP)
        buf_printf(out, "  %.1f s", p->elapsed_s);
    buf_puts(out, "  ");
}

/* Cuts the line at `columns` characters.  Combining and wide characters count as one: the line may then be cut early or
 * late, and nothing else depends on it. */
static void cut(buf *line, int columns)
{
    int n = 0;
    for (size_t i = 0; i < line->size; i++) {
        n += ((unsigned char)line->data[i] & 0xc0) != 0x80;
        if (n > columns) {
            line->size = i;
            line->data[i] = '\0';
            return;
        }
    }
}

void bench_display_format(buf *out, const runner_progress *p, double left_s, int columns)
{
    if (p->phase == RUNNER_WARMUP || p->phase == RUNNER_LOADING)
        put_server_phase(out, p);
    else if (p->phase == RUNNER_PAUSE)
        buf_printf(out, "[%d/%d] pause  %.0f s  ", p->number, p->n_tests, ceil(p->elapsed_s));
    else
        buf_printf(out, "[%d/%d] ", p->number, p->n_tests);
    if (p->phase == RUNNER_ASKING) {
        put_name(out, p);
        if (p->n_active > 1)
            buf_printf(out, "  %d at once", p->n_active);
        buf_printf(out, "  %zu tokens  ", p->n_events);
        if (p->n_events > 0 && p->elapsed_s > 0)
            buf_printf(out, "%.1f tok/s  ", (double)p->n_events / p->elapsed_s);
        buf_printf(out, "%.1f s  ", p->elapsed_s);
    }
    const double asked = p->phase == RUNNER_ASKING ? fmin((double)p->n_events, p->plan->max_tokens) : 0;
    const double share = p->work_total > 0 ? (p->work_done + asked) / p->work_total : 0;
    char end[32] = "";
    if (left_s >= 0)
        snprintf(end, sizeof end, "  %.0f:%02.0f left", floor(left_s / 60), floor(fmod(left_s, 60)));
    // On a narrow terminal the bar is left out.
    if (n_characters(out) + PROGRESS_BAR_COLUMNS + (int)strlen("100 %") + (int)strlen(end) <= columns)
        progress_put_bar(out, share);
    buf_printf(out, "%3.0f %%%s", 100 * share, end);
    cut(out, columns);
}

/* One less than the width: a line of full width would wrap on some terminals. */
static int terminal_columns(void)
{
    const int width = output_width(STDERR_FILENO);
    return width > 1 ? width - 1 : 1;
}

/* From the pace so far, including pauses; negative while there is none. */
static double time_left_s(bench_display *d, const runner_progress *p)
{
    if (p->phase == RUNNER_WARMUP || p->phase == RUNNER_LOADING)
        return -1;
    const uint64_t now_ns = clock_now_ns(d->clock);
    if (d->start_ns == 0) {
        d->start_ns = now_ns;
        d->start_work = p->work_done;
    }
    const double asked = p->phase == RUNNER_ASKING ? fmin((double)p->n_events, p->plan->max_tokens) : 0;
    const double done = p->work_done + asked - d->start_work;
    const double elapsed_s = (double)(now_ns - d->start_ns) / 1e9;
    return done > 0 && elapsed_s > 1 ? elapsed_s * (p->work_total - p->work_done - asked) / done : -1;
}

static void clear(bench_display *d)
{
    if (d->is_drawn)
        fputs("\r\x1b[K", d->to);
    d->is_drawn = false;
}

static const char PLAIN[] = "\x1b[0m";

static const char *tone_of(bool is_good)
{
    return is_good ? "\x1b[32m" : "\x1b[31m";
}

/* One line for a finished test: figures of a good one, the error of a failed one. */
static void print_finished(bench_display *d, const runner_progress *p)
{
    const answer_record *const a = &p->test->answer;
    const bool is_good = a->status == TEST_COMPLETED;
    char rate[CELL_BYTES], seconds[CELL_BYTES];
    format_number(rate, p->metrics->decode_tps);
    format_number(seconds, p->metrics->e2e_ms / 1000);
    buf line;
    buf_init(&line, LINE_BYTES_MAX);
    buf_printf(&line, "[%d/%d] ", p->number, p->n_tests);
    put_name(&line, p);
    buf_printf(&line, ": %s%s%s", d->has_color ? tone_of(is_good) : "", format_status(a->status),
               d->has_color ? PLAIN : "");
    if (is_good) {
        buf_printf(&line, ", %lld tokens, %s tok/s, %s s", (long long)p->metrics->n_tokens, rate, seconds);
    } else {
        buf_puts(&line, ", ");
        escape_terminal(&line, a->error, strlen(a->error));
    }
    fprintf(d->to, "%s\n", buf_str(&line));
    buf_free(&line);
}

/* ---- counts of a model ------------------------------------------------------------------------------------------- */

/* "phi-3.5-moe: stream 27 of 27 ok, whole 26 of 27 ok"; nothing if no test of it ended. */
static void print_tallies(bench_display *d)
{
    if (d->n_tallies == 0)
        return;
    buf line;
    buf_init(&line, LINE_BYTES_MAX);
    escape_terminal(&line, d->model, strlen(d->model));
    for (size_t i = 0; i < d->n_tallies; i++) {
        const bench_tally *const t = &d->tallies[i];
        buf_puts(&line, i > 0 ? ", " : d->model[0] != '\0' ? ": " : "");
        buf_printf(&line, "%s%s%s%d of %d ok%s", t->mode, t->mode[0] != '\0' ? " " : "",
                   d->has_color ? tone_of(t->n_ok == t->n_ended) : "", t->n_ok, t->n_ended, d->has_color ? PLAIN : "");
    }
    fprintf(d->to, "%s\n", buf_str(&line));
    buf_free(&line);
    d->n_tallies = 0;
    d->line_ns = clock_now_ns(d->clock);
}

/* Modes that are too many are counted with the last. */
static bench_tally *tally_of(bench_display *d, const char *mode)
{
    for (size_t i = 0; i < d->n_tallies; i++) {
        if (strcmp(d->tallies[i].mode, mode) == 0)
            return &d->tallies[i];
    }
    if (d->n_tallies < BENCH_TALLIES_MAX)
        d->tallies[d->n_tallies++] = (bench_tally){.mode = mode};
    return &d->tallies[d->n_tallies - 1];
}

/* Counts an ended test; if it is the first of its model, the count of the one before is printed first. */
static void count(bench_display *d, const runner_progress *p)
{
    if (strcmp(d->model, p->model) != 0)
        print_tallies(d);
    d->model = p->model;
    bench_tally *const t = tally_of(d, p->mode);
    t->n_ended++;
    t->n_ok += p->test->answer.status == TEST_COMPLETED;
}

/* Where lines stay, one for each of hundreds of tests would bury those of failures. */
static void log_finished(bench_display *d, const runner_progress *p)
{
    const uint64_t now_ns = clock_now_ns(d->clock);
    count(d, p);
    if (p->test->answer.status == TEST_COMPLETED && now_ns - d->line_ns < LOG_FINISHED_NS)
        return;
    print_finished(d, p);
    d->line_ns = now_ns;
}

/* ---- the display ------------------------------------------------------------------------------------------------- */

void bench_display_end(bench_display *d)
{
    clear(d);
    if (!d->is_quiet && !d->is_terminal)
        print_tallies(d);
    fflush(d->to);
}

/* The live line is redrawn on a terminal; elsewhere it is printed every ten seconds, without a bar. */
static void show_state(bench_display *d, const runner_progress *p, double left_s)
{
    const uint64_t now_ns = clock_now_ns(d->clock);
    if (!d->is_terminal && now_ns - d->line_ns < LOG_LINE_NS)
        return;
    buf line;
    buf_init(&line, LINE_BYTES_MAX);
    bench_display_format(&line, p, left_s, d->is_terminal ? terminal_columns() : LOG_COLUMNS);
    fprintf(d->to, d->is_terminal ? "\r%s\x1b[K" : "%s\n", buf_str(&line));
    buf_free(&line);
    d->is_drawn = d->is_terminal;
    d->line_ns = now_ns;
}

void bench_display_update(void *ud, const runner_progress *p)
{
    bench_display *const d = ud;
    if (d->is_quiet)
        return;
    const double left_s = time_left_s(d, p);
    if (p->phase != RUNNER_ENDED) {
        show_state(d, p, left_s);
    } else if (d->is_terminal) {
        clear(d);
        print_finished(d, p);
    } else {
        log_finished(d, p);
    }
    fflush(d->to);
}
