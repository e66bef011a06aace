/* monitor_loop.c - take a sample, keep it, show it, wait. */
#include "cmd/monitor_loop.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cmd/monitor_history.h"
#include "cmd/monitor_print.h"
#include "cmd/monitor_view.h"
#include "cmd/screen.h"
#include "cmd/terminal.h"

enum { TEXT_BYTES_MAX = 1 << 20, LINES_PER_NAMES = 40 };

typedef struct state {
    monitor_loop *loop;
    monitor_history *history;
    uint64_t start_ns;
    sample_values values; // the latest
    double t_s;
    buf text; // scratch
} state;

static void show_screen(state *s)
{
    char footer[512], allocation[96] = "", bytes[CELL_BYTES];
    const monitor_loop *const l = s->loop;
    const monitor_view view = {l->head, s->history, footer, allocation, l->is_ascii, l->has_color};
    const double allocated = monitor_server_vram_bytes(l->server);
    if (allocated >= 0 && allocated < 1e18) {
        format_bytes(bytes, (uint64_t)allocated);
        snprintf(allocation, sizeof allocation, "%s allocated by the server", bytes);
    }
    if (l->recorder != NULL)
        snprintf(footer, sizeof footer, "q or Ctrl-C ends; %zu samples in %s", recorder_n_samples(l->recorder),
                 l->record_path);
    else
        snprintf(footer, sizeof footer, "q or Ctrl-C ends");
    monitor_view_format(&s->text, &view, terminal_columns_of(STDOUT_FILENO), screen_lines());
    screen_show(&s->text);
}

static void show_line(state *s)
{
    if (s->loop->output == MONITOR_JSONL) {
        recording_put_sample(&s->text, s->t_s, &s->values);
        buf_putc(&s->text, '\n');
    } else {
        if ((s->history->n - 1) % LINES_PER_NAMES == 0)
            monitor_print_names(&s->text);
        monitor_print_line(&s->text, s->history, clock_unix_s(clock_system()));
    }
    fwrite(buf_str(&s->text), 1, s->text.size, stdout);
    fflush(stdout); // cmd_main reports a failure
}

static void show(state *s)
{
    buf_clear(&s->text);
    if (s->loop->output == MONITOR_SCREEN)
        show_screen(s);
    else
        show_line(s);
}

static sw_code ended(const state *s, sw_err *err)
{
    const recording_head *const h = s->loop->head;
    if (s->history->n == 0)
        return sw_fail(err, SW_EIO, "process %ld (%s) cannot be read: it has ended, or is another user's", h->pid,
                       h->program);
    return sw_fail(err, SW_EIO, "process %ld (%s) has ended after %.1f s", h->pid, h->program, s->t_s);
}

static sw_code take_sample(state *s, sw_err *err)
{
    const double t_s = (double)(clock_now_ns(clock_system()) - s->start_ns) / 1e9;
    if (!sample_source_read(s->loop->source, &s->values))
        return ended(s, err);
    s->t_s = t_s;
    monitor_history_add(s->history, t_s, &s->values);
    s->loop->n_samples++;
    return s->loop->recorder != NULL ? recorder_add(s->loop->recorder, t_s, &s->values, err) : SW_OK;
}

/* Waits for the moment, and draws again when the screen changes.  False: it is to end. */
static bool wait_until(state *s, uint64_t ns)
{
    screen_event event;
    while ((event = screen_wait(ns)) == SCREEN_RESIZED) {
        if (s->loop->output == MONITOR_SCREEN)
            show(s);
    }
    return event != SCREEN_END;
}

/* Moments come from the schedule, so that small delays do not add up; after a long one, missed samples are not made up
 * for. */
static sw_code run(state *s, sw_err *err)
{
    const uint64_t interval_ns = (uint64_t)(s->loop->head->interval_s * 1e9);
    const double end_s = s->loop->seconds;
    uint64_t next_ns = s->start_ns;
    for (;;) {
        const sw_code code = take_sample(s, err);
        if (code != SW_OK)
            return code;
        show(s);
        const uint64_t now_ns = clock_now_ns(clock_system());
        next_ns = next_ns + interval_ns > now_ns ? next_ns + interval_ns : now_ns;
        const bool is_last = end_s > 0 && (double)(next_ns - s->start_ns) / 1e9 > end_s;
        if (ferror(stdout) || is_last || !wait_until(s, next_ns))
            return SW_OK;
    }
}

sw_code monitor_loop_run(monitor_loop *loop, sw_err *err)
{
    state s = {.loop = loop, .history = mem_calloc(1, sizeof *s.history), .start_ns = clock_now_ns(clock_system())};
    if (s.history == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the samples of graphs");
    s.history->n_cores = loop->head->n_cores;
    buf_init(&s.text, TEXT_BYTES_MAX);
    screen_catch_signals();
    if (loop->output == MONITOR_SCREEN)
        screen_open();
    const sw_code code = run(&s, err);
    screen_close();
    buf_free(&s.text);
    mem_free(s.history);
    return code;
}
