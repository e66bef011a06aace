/* generate.c - submits a request, prints its events on the engine's thread, and waits for the end. */
#include "cmd/generate.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/limits.h"

/* True if NO_COLOR is set and not empty (no-color.org). */
static bool has_no_color(void)
{
    const char *const value = getenv("NO_COLOR");
    return value != NULL && value[0] != '\0';
}

void generation_init(generation *g, bool show_reasoning)
{
    *g = (generation){.escapes_content = isatty(STDOUT_FILENO) == 1,
                      .dims_reasoning = isatty(STDERR_FILENO) == 1 && !has_no_color(),
                      .show_reasoning = show_reasoning};
    buf_init(&g->scratch, (size_t)LIMIT_ANSWER_BYTES);
    buf_init(&g->content, (size_t)LIMIT_ANSWER_BYTES);
    buf_init(&g->reasoning, (size_t)LIMIT_ANSWER_BYTES);
}

void generation_free(generation *g)
{
    buf_free(&g->scratch);
    buf_free(&g->content);
    buf_free(&g->reasoning);
}

/* ---- events, on the engine's thread --------------------------------------------------------------------------- */

/* Stores a piece of text and, unless silent, prints it at once.  libc locks streams, and the main thread prints nothing
 * until the job has ended. */
static void print_text(generation *g, const sw_event *e)
{
    const bool is_reasoning = e->kind == SW_TEXT_REASONING;
    if (e->n_bytes == 0)
        return;
    buf_append(is_reasoning ? &g->reasoning : &g->content, e->text, e->n_bytes);
    if (g->is_silent || (is_reasoning && !g->show_reasoning))
        return;
    FILE *const to = is_reasoning ? stderr : stdout;
    if (!is_reasoning)
        g->ends_line = e->text[e->n_bytes - 1] == '\n';
    if (is_reasoning ? g->dims_reasoning : g->escapes_content) {
        buf_clear(&g->scratch);
        escape_terminal(&g->scratch, e->text, e->n_bytes);
        fprintf(to, is_reasoning ? "\x1b[2m%s\x1b[0m" : "%s", buf_str(&g->scratch));
    } else {
        fwrite(e->text, 1, e->n_bytes, to);
    }
    fflush(to);
}

/* The job's callback. */
static void on_event(void *ud, const sw_event *e)
{
    generation *const g = ud;
    switch (e->type) {
    case SW_EVENT_TOKEN: print_text(g, e); break;
    case SW_EVENT_DONE: g->done = *e; break;
    case SW_EVENT_ERROR: g->err = *e->error; break;
    case SW_EVENT_ACCEPTED:
    case SW_EVENT_PROGRESS: break;
    }
}

/* ---- Ctrl-C ------------------------------------------------------------------------------------------------- */

/* The job that Ctrl-C cancels; NULL between answers.  Written by the main thread alone. */
static sw_job *volatile running_job;

/* sw_job_cancel only sets an atomic flag, which a signal handler may do. */
static void on_interrupt(int signal_number)
{
    (void)signal_number;
    if (running_job != NULL)
        sw_job_cancel(running_job);
}

void generation_catch_interrupts(bool is_once)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART | (is_once ? (int)SA_RESETHAND : 0)};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

/* ---- the main thread ------------------------------------------------------------------------------------------ */

sw_code generation_run(generation *g, sw_engine *engine, sw_request request, sw_err *err)
{
    g->ends_line = false;
    g->err = (sw_err){0};
    buf_clear(&g->content);
    buf_clear(&g->reasoning);
    request.on_event = on_event;
    request.ud = g;
    sw_job *job;
    const sw_code code = sw_engine_submit(engine, &request, &job, err);
    if (code != SW_OK)
        return code;
    running_job = job;
    sw_job_wait(job);
    running_job = NULL;
    sw_job_release(job);
    if (g->escapes_content && !g->is_silent && !g->ends_line)
        putchar('\n');
    if (g->err.code != SW_OK)
        return sw_fail(err, g->err.code, "%s", g->err.msg);
    return fflush(stdout) == 0 && !ferror(stdout) ? SW_OK : sw_fail(err, SW_EIO, "standard output cannot be written");
}

void generation_print_speed(const generation *g)
{
    const sw_event *const done = &g->done;
    const sw_timings *const t = &done->timings;
    const int n_evaluated = done->n_prompt - done->n_cached;
    fprintf(stderr, "prompt      %d tokens", done->n_prompt);
    if (done->n_cached > 0)
        fprintf(stderr, ", %d of them cached,", done->n_cached);
    fprintf(stderr, " in %.0f ms", t->prompt_ms);
    if (t->prompt_ms > 0)
        fprintf(stderr, ", %.1f tokens/s", n_evaluated * 1000.0 / t->prompt_ms);
    fprintf(stderr, "\nfirst token after %.0f ms\nanswer      %d tokens (%d of reasoning)", t->ttft_ms,
            done->n_predicted, done->n_reasoning);
    if (done->n_predicted > 1 && t->predict_ms > 0)
        fprintf(stderr, ", %.2f tokens/s", (done->n_predicted - 1) * 1000.0 / t->predict_ms);
    fputc('\n', stderr);
}
