/* progress.c - when to print, and the text. */
#include "cmd/progress.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/escape.h"

static const uint64_t REDRAW_NS = 100000000; // 0.1 s between redraws on a terminal
static const uint64_t LINE_NS = 10000000000; // 10 s between lines elsewhere

void progress_init(progress_line *p, const char *label, const char *unit, bool quiet)
{
    const sw_clock *const clock = clock_system();
    *p = (progress_line){.label = label,
                         .unit = unit,
                         .to = stderr,
                         .clock = clock,
                         .is_terminal = isatty(STDERR_FILENO) == 1,
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
    if (total == 0)
        return snprintf(out, size, "%.*f %s  %.1f %s/s", decimals, (double)done / scale, name, rate / scale, name);
    // Seconds until the end at the mean rate so far; capped at 100 hours, which fits the line.
    const double left = rate > 0 && done < total ? (double)(total - done) / rate : 0;
    const unsigned long left_s = left < 360000 ? (unsigned long)(left + 0.5) : 360000;
    return snprintf(out, size, "%.*f of %.*f %s  %d%%  %.1f %s/s  %lu:%02lu left", decimals, (double)done / scale,
                    decimals, (double)total / scale, name, (int)((double)done * 100 / (double)total), rate / scale,
                    name, left_s / 60, left_s % 60);
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
        fprintf(p->to, "\r\x1b[K%s  %s", buf_str(&label), numbers);
    else
        fprintf(p->to, "%s  %s\n", buf_str(&label), numbers);
    fflush(p->to);
    p->is_drawn = p->is_terminal;
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
    }
    p->is_drawn = false;
}
