/* progress.c - when to print, and the text. */
#include "cmd/progress.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/escape.h"
#include "base/utf8.h"
#include "cmd/terminal.h"

static const uint64_t REDRAW_NS = 100000000; // 0.1 s between redraws on a terminal
static const uint64_t LINE_NS = 10000000000; // 10 s between lines elsewhere

void progress_init(progress_line *p, const char *label, const char *unit, bool quiet)
{
    const sw_clock *const clock = clock_system();
    *p = (progress_line){.label = label,
                         .unit = unit,
                         .to = stderr,
                         .clock = clock,
                         .is_terminal = terminal_may_redraw(STDERR_FILENO),
                         .is_quiet = quiet,
                         .start_ns = clock_now_ns(clock)};
    p->last_ns = p->start_ns;
}

int progress_format(char *out, size_t size, const char *unit, uint64_t done, uint64_t total, uint64_t elapsed_ns)
{
    const double scale = unit == NULL ? 1048576.0 : 1.0;
    const int decimals = unit == NULL ? 1 : 0;
    const char *const name = unit == NULL ? "MiB" : unit;
    const double seconds = (double)elapsed_ns / 1e9;
    const double rate = seconds > 0 ? (double)done / seconds : 0; // units per second, unscaled
    const unsigned long passed_s = seconds < 360000 ? (unsigned long)seconds : 360000;
    if (total == 0)
        return snprintf(out, size, "%.*f %s  %.1f %s/s  %lu:%02lu", decimals, (double)done / scale, name, rate / scale,
                        name, passed_s / 60, passed_s % 60);
    // Seconds until the end at the mean rate so far; capped at 100 hours, which fits the line.
    const double left = rate > 0 && done < total ? (double)(total - done) / rate : 0;
    const unsigned long left_s = left < 360000 ? (unsigned long)(left + 0.5) : 360000;
    return snprintf(out, size, "%.*f of %.*f %s  %d%%  %.1f %s/s  %lu:%02lu  %lu:%02lu left", decimals,
                    (double)done / scale, decimals, (double)total / scale, name,
                    (int)((double)done * 100 / (double)total), rate / scale, name, passed_s / 60, passed_s % 60,
                    left_s / 60, left_s % 60);
}

void progress_put_bar(buf *out, double share)
{
    enum { CELLS = PROGRESS_BAR_COLUMNS - 3 };
    const int n_full = (int)(share * CELLS);
    buf_putc(out, '[');
    for (int i = 0; i < CELLS; i++)
        buf_putc(out, i < n_full ? '#' : '-');
    buf_puts(out, "] ");
}

/* Draws the line anew, as wide as the terminal is now: a longer one would leave its beginning behind. */
static void redraw(progress_line *p, const char *label, const char *numbers, double share)
{
    const size_t columns = (size_t)terminal_columns_of(STDERR_FILENO) - 1;
    buf line;
    buf_init(&line, 2048);
    buf_printf(&line, "%s  ", label);
    if (strlen(label) + 2 + PROGRESS_BAR_COLUMNS + strlen(numbers) <= columns)
        progress_put_bar(&line, share);
    buf_puts(&line, numbers);
    const size_t n = line.size > columns ? utf8_complete_prefix(buf_str(&line), columns) : line.size;
    terminal_begin_line();
    fprintf(p->to, "\r\x1b[K%.*s", (int)n, buf_str(&line));
    p->is_drawn = true;
    buf_free(&line);
}

void progress_update(progress_line *p, uint64_t done, uint64_t total)
{
    const uint64_t now = clock_now_ns(p->clock);
    if (p->is_quiet || now - p->last_ns < (p->is_terminal ? REDRAW_NS : LINE_NS))
        return;
    p->last_ns = now;
    char numbers[160];
    progress_format(numbers, sizeof numbers, p->unit, done, total, now - p->start_ns);
    buf label;
    buf_init(&label, 1024);
    escape_terminal(&label, p->label, strlen(p->label));
    if (p->is_terminal)
        redraw(p, buf_str(&label), numbers, total > 0 ? (double)done / (double)total : 0);
    else
        fprintf(p->to, "%s  %s\n", buf_str(&label), numbers);
    fflush(p->to);
    buf_free(&label);
}

void progress_on_bytes(void *progress, uint64_t done, uint64_t total)
{
    progress_update(progress, done, total);
}

void progress_finish(progress_line *p)
{
    if (p->is_drawn) {
        fputs("\r\x1b[K", p->to);
        fflush(p->to);
        terminal_end_line();
    }
    p->is_drawn = false;
}
