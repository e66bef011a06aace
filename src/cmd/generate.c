/* generate.c - submits a request, prints its events on the engine's thread, and waits for the end. */
#include "cmd/generate.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/limits.h"
#include "cmd/terminal.h"

static const uint64_t LIFE_AFTER_NS = 500000000; // an answer that begins at once needs no sign of life
static const long REDRAW_NS = 200000000;

void generation_init(generation *g, bool show_reasoning)
{
    *g = (generation){.escapes_content = isatty(STDOUT_FILENO) == 1,
                      .escapes_reasoning = isatty(STDERR_FILENO) == 1,
                      .show_reasoning = show_reasoning};
    g->dims_reasoning = terminal_has_color(STDERR_FILENO);
    g->shows_life = terminal_is_capable(STDOUT_FILENO) && terminal_is_capable(STDERR_FILENO);
    buf_init(&g->scratch, 16 * (size_t)LIMIT_ANSWER_BYTES);
    buf_init(&g->lines, 16 * (size_t)LIMIT_ANSWER_BYTES);
    buf_init(&g->content, (size_t)LIMIT_ANSWER_BYTES);
    buf_init(&g->reasoning, (size_t)LIMIT_ANSWER_BYTES);
    wrap_init(&g->content_wrap, 0);
    wrap_init(&g->reasoning_wrap, 0);
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->over, NULL);
}

void generation_free(generation *g)
{
    pthread_mutex_destroy(&g->lock);
    pthread_cond_destroy(&g->over);
    buf_free(&g->scratch);
    buf_free(&g->lines);
    buf_free(&g->content);
    buf_free(&g->reasoning);
    wrap_free(&g->content_wrap);
    wrap_free(&g->reasoning_wrap);
}

/* ---- the sign of life ----------------------------------------------------------------------------------------- */

/* Draws what the model is at over what was drawn before, unless there is something of the answer to see. */
static void draw_life(generation *g)
{
    const uint64_t elapsed_ns = clock_now_ns(clock_system()) - g->start_ns;
    char done[64] = "";
    if (g->content.size > 0 || (g->show_reasoning && g->reasoning.size > 0) || elapsed_ns < LIFE_AFTER_NS)
        return;
    if (g->n_thought > 0)
        snprintf(done, sizeof done, ", %d tokens", g->n_thought);
    else if (g->n_to_read > 0)
        snprintf(done, sizeof done, ", %d tokens to go", g->n_to_read);
    fprintf(stderr, "\r\x1b[K%s%s%s, %d s%s", g->dims_reasoning ? "\x1b[2m" : "",
            g->n_thought == 0 && g->n_to_read > 0 ? "reading" : "thinking", done, (int)(elapsed_ns / 1000000000),
            g->dims_reasoning ? "\x1b[0m" : "");
    fflush(stderr);
    g->is_line_drawn = true;
}

/* The thread: draws until the answer is over. */
static void *show_life(void *ud)
{
    generation *const g = ud;
    pthread_mutex_lock(&g->lock);
    while (!g->is_over) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += REDRAW_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&g->over, &g->lock, &until);
        if (!g->is_over)
            draw_life(g);
    }
    pthread_mutex_unlock(&g->lock);
    return NULL;
}

static void erase_life(generation *g)
{
    if (g->is_line_drawn)
        fputs("\r\x1b[K", stderr);
    fflush(stderr);
    g->is_line_drawn = false;
}

/* ---- text, on the engine's thread ----------------------------------------------------------------------------- */

/* Escapes a piece, breaks it into lines and writes what is ready of it; text NULL writes what was held back. */
static void write_piece(generation *g, bool is_reasoning, const char *text, size_t n)
{
    FILE *const to = is_reasoning ? stderr : stdout;
    const bool is_dim = is_reasoning && g->dims_reasoning;
    wrap *const w = is_reasoning ? &g->reasoning_wrap : &g->content_wrap;
    buf_clear(&g->scratch);
    buf_clear(&g->lines);
    escape_terminal(&g->scratch, text != NULL ? text : "", n);
    if (text != NULL)
        wrap_text(w, buf_str(&g->scratch), g->scratch.size, &g->lines);
    else
        wrap_flush(w, &g->lines);
    if (g->lines.size > 0)
        fprintf(to, is_dim ? "\x1b[2m%s\x1b[0m" : "%s", buf_str(&g->lines));
    fflush(to);
}

/* Keeps reasoning and answer apart where both are on one terminal. */
static void change_kind(generation *g, bool is_reasoning)
{
    if (g->in_reasoning == is_reasoning || !g->escapes_content || !g->escapes_reasoning)
        return;
    if (g->in_reasoning) {
        write_piece(g, /*is_reasoning=*/true, NULL, 0);
        fputs("\n\n", stderr);
    } else {
        write_piece(g, /*is_reasoning=*/false, NULL, 0);
        fputs(g->content.size > 0 ? "\n\nthinking: " : "thinking: ", stderr);
        g->content_wrap.column = 0;
        g->reasoning_wrap.column = (int)strlen("thinking: ");
    }
    fflush(stderr);
    g->in_reasoning = is_reasoning;
}

/* Stores a piece of text and, unless silent, prints it.  libc locks streams, and the main thread prints nothing until
 * the job has ended. */
static void print_text(generation *g, const sw_event *e)
{
    const bool is_reasoning = e->kind == SW_TEXT_REASONING;
    g->n_thought += is_reasoning ? e->n_tokens : 0;
    if (e->n_bytes == 0)
        return;
    if (!is_reasoning || g->show_reasoning)
        erase_life(g);
    if (!g->is_silent && (!is_reasoning || g->show_reasoning))
        change_kind(g, is_reasoning);
    buf_append(is_reasoning ? &g->reasoning : &g->content, e->text, e->n_bytes);
    if (g->is_silent || (is_reasoning && !g->show_reasoning))
        return;
    if (!is_reasoning)
        g->ends_line = e->text[e->n_bytes - 1] == '\n';
    if (is_reasoning ? g->escapes_reasoning : g->escapes_content) {
        write_piece(g, is_reasoning, e->text, e->n_bytes);
        return;
    }
    FILE *const to = is_reasoning ? stderr : stdout;
    fwrite(e->text, 1, e->n_bytes, to);
    fflush(to);
}

/* The job's callback. */
static void on_event(void *ud, const sw_event *e)
{
    generation *const g = ud;
    pthread_mutex_lock(&g->lock);
    switch (e->type) {
    case SW_EVENT_TOKEN: print_text(g, e); break;
    case SW_EVENT_DONE: g->done = *e; break;
    case SW_EVENT_ERROR: g->err = *e->error; break;
    case SW_EVENT_ACCEPTED: g->n_to_read = e->n_prompt - e->n_cached; break;
    case SW_EVENT_PROMPT_TOKEN:
    case SW_EVENT_EMBEDDING: break; // not requested
    case SW_EVENT_PROGRESS: g->n_to_read = e->n_prompt - e->n_prompt_done; break;
    }
    pthread_mutex_unlock(&g->lock);
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

/* Forgets the last answer. */
static void begin(generation *g)
{
    g->ends_line = g->in_reasoning = g->is_line_drawn = false;
    g->n_thought = g->n_to_read = 0;
    g->is_over = false;
    g->err = (sw_err){0};
    g->start_ns = clock_now_ns(clock_system());
    buf_clear(&g->content);
    buf_clear(&g->reasoning);
    wrap_free(&g->content_wrap);
    wrap_free(&g->reasoning_wrap);
    wrap_init(&g->content_wrap, terminal_is_capable(STDOUT_FILENO) ? terminal_columns_of(STDOUT_FILENO) - 1 : 0);
    wrap_init(&g->reasoning_wrap, terminal_is_capable(STDERR_FILENO) ? terminal_columns_of(STDERR_FILENO) - 1 : 0);
}

/* Writes what was held back, and ends the line on a terminal. */
static void end(generation *g)
{
    erase_life(g);
    if (g->is_silent)
        return;
    if (g->in_reasoning) {
        write_piece(g, /*is_reasoning=*/true, NULL, 0);
        fputc('\n', stderr);
    }
    if (g->escapes_content) {
        write_piece(g, /*is_reasoning=*/false, NULL, 0);
        if (!g->ends_line)
            putchar('\n');
    }
}

/* Ends the thread that shows the sign of life. */
static void end_life(generation *g, pthread_t life)
{
    pthread_mutex_lock(&g->lock);
    g->is_over = true;
    pthread_cond_signal(&g->over);
    pthread_mutex_unlock(&g->lock);
    pthread_join(life, NULL);
}

sw_code generation_run(generation *g, sw_engine *engine, sw_request request, sw_err *err)
{
    begin(g);
    request.on_event = on_event;
    request.ud = g;
    sw_job *job;
    const sw_code code = sw_engine_submit(engine, &request, &job, err);
    if (code != SW_OK)
        return code;
    pthread_t life;
    const bool has_life = g->shows_life && !g->is_silent && pthread_create(&life, NULL, show_life, g) == 0;
    running_job = job;
    sw_job_wait(job);
    running_job = NULL;
    sw_job_release(job);
    if (has_life)
        end_life(g, life);
    end(g);
    if (g->err.code != SW_OK)
        return sw_fail(err, g->err.code, "%s", g->err.msg);
    return fflush(stdout) == 0 && !ferror(stdout) ? SW_OK : sw_fail(err, SW_EIO, "standard output cannot be written");
}

bool generation_filled_context(const generation *g, int max_tokens)
{
    return g->done.finish == SW_FINISH_LENGTH && (max_tokens == 0 || g->done.n_predicted < max_tokens);
}

bool generation_explain_end(const generation *g, int max_tokens, char *out, size_t size)
{
    const bool is_full = generation_filled_context(g, max_tokens);
    const bool has_answer = g->content.size > 0;
    char limit[96];
    if (g->done.finish != SW_FINISH_LENGTH || (has_answer && !is_full))
        return false;
    if (is_full)
        snprintf(limit, sizeof limit, "the context was full after %d tokens of the answer", g->done.n_predicted);
    else
        snprintf(limit, sizeof limit, "the limit of %d tokens was reached", max_tokens);
    const char *const remedy = is_full ? "--ctx-size" : "--max-tokens";
    if (has_answer)
        snprintf(out, size, "%s, which is cut there; %s N makes room", limit, remedy);
    else
        snprintf(out, size, "%s while the model was still thinking, before its answer; raise it with %s N%s", limit,
                 remedy, g->show_reasoning ? "" : ", or see the thoughts with --show-reasoning");
    return true;
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
