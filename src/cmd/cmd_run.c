/* cmd_run.c - `spillway run`: one question, the answer streams to standard output.
 *
 * The answer alone goes to standard output, so that it can be piped; reasoning, progress and statistics go to standard
 * error.  Text of the model that reaches a terminal is escaped first.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/limits.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/engine_args.h"
#include "cmd/input.h"
#include "cmd/progress.h"
#include "spillway.h"

/* The command line. */
typedef struct run_args {
    const char *path, *prompt, *system;
    sw_engine_args engine;
    double temp, top_p, min_p;
    long top_k, seed, max_tokens;
    bool raw, show_reasoning, stats, quiet;
} run_args;

/* What the engine thread writes to; the main thread reads it after the last event. */
typedef struct run_output {
    bool escapes_content, dims_reasoning, show_reasoning;
    bool ends_line; // the last byte of content was a newline
    sw_buf scratch;
    sw_event done;
    sw_err err;
} run_output;

/* ---- output ------------------------------------------------------------------------------------------------- */

static void print_text(run_output *o, const sw_event *e)
{
    const bool is_reasoning = e->kind == SW_TEXT_REASONING;
    if (e->n_bytes == 0 || (is_reasoning && !o->show_reasoning))
        return;
    FILE *const to = is_reasoning ? stderr : stdout;
    if (!is_reasoning)
        o->ends_line = e->text[e->n_bytes - 1] == '\n';
    if (is_reasoning ? o->dims_reasoning : o->escapes_content) {
        sw_buf_clear(&o->scratch);
        sw_escape_terminal(&o->scratch, e->text, e->n_bytes);
        fprintf(to, is_reasoning ? "\x1b[2m%s\x1b[0m" : "%s", sw_buf_str(&o->scratch));
    } else {
        fwrite(e->text, 1, e->n_bytes, to);
    }
    fflush(to);
}

static void on_event(void *ud, const sw_event *e)
{
    run_output *const o = ud;
    switch (e->type) {
    case SW_EVENT_TOKEN: print_text(o, e); break;
    case SW_EVENT_DONE: o->done = *e; break;
    case SW_EVENT_ERROR: o->err = *e->error; break;
    case SW_EVENT_ACCEPTED:
    case SW_EVENT_PROGRESS: break;
    }
}

static void print_speed(const sw_event *done)
{
    const sw_timings *const t = &done->timings;
    fprintf(stderr, "prompt      %d tokens in %.0f ms", done->n_prompt, t->prompt_ms);
    if (t->prompt_ms > 0)
        fprintf(stderr, ", %.1f tokens/s", done->n_prompt * 1000.0 / t->prompt_ms);
    fprintf(stderr, "\nfirst token after %.0f ms\nanswer      %d tokens (%d of reasoning)", t->ttft_ms,
            done->n_predicted, done->n_reasoning);
    if (done->n_predicted > 1 && t->predict_ms > 0)
        fprintf(stderr, ", %.2f tokens/s", (done->n_predicted - 1) * 1000.0 / t->predict_ms);
    fputc('\n', stderr);
}

/* How many experts of each layer were chosen at all, and the share of the busiest one. */
static void print_experts(const sw_engine *engine)
{
    const sw_model_info *const info = sw_engine_info(engine);
    uint64_t *const counts = sw_calloc((size_t)info->n_experts + 1, sizeof *counts);
    for (int l = 0; counts != NULL && l < info->n_layers; l++) {
        if (!sw_engine_router_counts(engine, l, counts))
            continue;
        int n_used = 0;
        uint64_t total = 0, most = 0;
        for (int x = 0; x < info->n_experts; x++) {
            n_used += counts[x] > 0;
            total += counts[x];
            most = counts[x] > most ? counts[x] : most;
        }
        fprintf(stderr, "layer %-3d   %d of %d experts used, the busiest took %.0f%%\n", l, n_used, info->n_experts,
                total > 0 ? (double)most * 100 / (double)total : 0.0);
    }
    sw_free(counts);
}

/* ---- Ctrl-C ------------------------------------------------------------------------------------------------- */

static sw_job *volatile running_job;

/* Cancelling sets an atomic flag and nothing else, which a signal handler may do.  A second Ctrl-C ends the process. */
static void on_interrupt(int signal_number)
{
    (void)signal_number;
    if (running_job != NULL)
        sw_job_cancel(running_job);
}

static void catch_interrupt(sw_job *job)
{
    running_job = job;
    struct sigaction action = {.sa_handler = job != NULL ? on_interrupt : SIG_DFL,
                               .sa_flags = SA_RESTART | (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

/* ---- the run ------------------------------------------------------------------------------------------------ */

static void on_load(void *ud, uint64_t done, uint64_t total)
{
    sw_progress_update(ud, done, total);
}

static sw_code open_engine(const run_args *a, sw_engine_options options, sw_engine **out, sw_err *err)
{
    sw_progress progress;
    sw_progress_init(&progress, "loading", NULL, a->quiet);
    options.n_seqs = 1;
    options.on_load = on_load;
    options.ud = &progress;
    const sw_code code = sw_engine_open(out, a->path, &options, err);
    sw_progress_finish(&progress);
    return code;
}

static sw_code submit(sw_engine *engine, const run_args *a, run_output *output, sw_job **out, sw_err *err)
{
    const sw_message messages[] = {{.role = SW_ROLE_SYSTEM, .content = a->system},
                                   {.role = SW_ROLE_USER, .content = a->prompt}};
    const size_t first = a->system != NULL ? 0 : 1;
    const sw_request request = {
        .messages = a->raw ? NULL : messages + first,
        .n_messages = a->raw ? 0 : 2 - first,
        .prompt = a->raw ? a->prompt : NULL,
        .sampling = {.temperature = (float)a->temp,
                     .top_p = (float)a->top_p,
                     .top_k = (int)a->top_k,
                     .min_p = (float)a->min_p,
                     .seed = (uint64_t)a->seed},
        .max_tokens = (int)a->max_tokens,
        .on_event = on_event,
        .ud = output,
    };
    return sw_engine_submit(engine, &request, out, err);
}

/* Runs the job to its end; errors of the job itself are in output->err. */
static sw_code generate(sw_engine *engine, const run_args *a, run_output *output, sw_err *err)
{
    sw_job *job;
    const sw_code code = submit(engine, a, output, &job, err);
    if (code != SW_OK)
        return code;
    catch_interrupt(job);
    sw_job_wait(job);
    catch_interrupt(NULL);
    sw_job_release(job);
    if (output->err.code != SW_OK)
        return sw_fail(err, output->err.code, "%s", output->err.msg);
    if (output->escapes_content && !output->ends_line)
        putchar('\n');
    return fflush(stdout) == 0 && !ferror(stdout) ? SW_OK
                                                  : sw_fail(err, SW_EIO, "standard output: it cannot be written");
}

/* no-color.org: set and not empty. */
static bool has_no_color(void)
{
    const char *const value = getenv("NO_COLOR");
    return value != NULL && value[0] != '\0';
}

static int run(const run_args *a, sw_engine_options options)
{
    sw_err err = {0};
    sw_engine *engine = NULL;
    run_output output = {.escapes_content = isatty(STDOUT_FILENO) == 1,
                         .dims_reasoning = isatty(STDERR_FILENO) == 1 && !has_no_color(),
                         .show_reasoning = a->show_reasoning};
    sw_buf_init(&output.scratch, SW_LIMIT_ANSWER_BYTES);
    sw_code code = open_engine(a, options, &engine, &err);
    if (code == SW_OK)
        code = generate(engine, a, &output, &err);
    if (code == SW_OK && a->stats) {
        print_speed(&output.done);
        print_experts(engine);
    }
    sw_engine_close(engine);
    sw_buf_free(&output.scratch);
    if (code != SW_OK)
        return sw_cmd_fail("run", &err);
    return output.done.finish == SW_FINISH_CANCELED ? SW_EXIT_INTERRUPT : SW_EXIT_OK;
}

/* ---- the command line --------------------------------------------------------------------------------------- */

/* The prompt "-" is standard input, kept in `text`. */
static sw_code read_prompt(run_args *a, sw_buf *text, sw_err *err)
{
    if (strcmp(a->prompt, "-") != 0)
        return SW_OK;
    const sw_code code = sw_read_stdin(text, err);
    if (code != SW_OK)
        return code;
    a->prompt = sw_buf_str(text);
    if (strlen(a->prompt) != text->size)
        return sw_fail(err, SW_EFORMAT, "standard input: it holds a zero byte; a prompt is text");
    return SW_OK;
}

int sw_cmd_run(int argc, char **argv)
{
    run_args a = {.temp = 0.3, .top_p = 0.95};
    const sw_arg rows[] = {
        {"system", NULL, SW_ARG_STRING, &a.system, 0, 0, "TEXT", "system message"},
        {"temp", NULL, SW_ARG_DOUBLE, &a.temp, 0, 2, "T", "temperature, 0 is greedy (0.3)"},
        {"top-p", NULL, SW_ARG_DOUBLE, &a.top_p, 0, 1, "P", "sample from the most likely P of the mass (0.95)"},
        {"top-k", NULL, SW_ARG_INT, &a.top_k, 0, SW_LIMIT_VOCAB_TOKENS, "K", "sample from the K most likely (0: off)"},
        {"min-p", NULL, SW_ARG_DOUBLE, &a.min_p, 0, 1, "P", "drop what is less likely than P of the best (0: off)"},
        {"seed", NULL, SW_ARG_INT, &a.seed, 0, 0, "N", "same seed, same answer (0)"},
        {"max-tokens", NULL, SW_ARG_INT, &a.max_tokens, 0, SW_LIMIT_CTX_TOKENS, "N",
         "length of the answer (0: no limit)"},
        SW_ENGINE_ARG_ROWS(a.engine),
        {"raw", NULL, SW_ARG_FLAG, &a.raw, 0, 0, NULL, "continue the prompt as it is, without the chat template"},
        {"show-reasoning", NULL, SW_ARG_FLAG, &a.show_reasoning, 0, 0, NULL, "reasoning on standard error"},
        {"stats", NULL, SW_ARG_FLAG, &a.stats, 0, 0, NULL, "speed and use of experts on standard error"},
        {"quiet", NULL, SW_ARG_FLAG, &a.quiet, 0, 0, NULL, "no loading progress"},
    };
    const sw_args args = {"run",
                          "MODEL PROMPT",
                          "Asks a model one question.  The prompt '-' is standard input.",
                          rows,
                          sizeof rows / sizeof rows[0],
                          2,
                          2};
    const char *positional[2];
    size_t n_positional;
    const int status = sw_args_parse(&args, argc, argv, positional, &n_positional);
    if (status >= 0)
        return status;
    a.path = positional[0];
    a.prompt = positional[1];
    sw_err err = {0};
    sw_engine_options options;
    sw_buf text;
    sw_buf_init(&text, SW_LIMIT_PROMPT_BYTES);
    sw_code code = sw_engine_args_resolve(&a.engine, &options, &err);
    if (code == SW_OK && a.raw && a.system != NULL)
        code = sw_fail(&err, SW_EINVAL, "--system does not go together with --raw, which uses no chat template");
    if (code == SW_OK)
        code = read_prompt(&a, &text, &err);
    const int result = code == SW_OK ? run(&a, options) : sw_cmd_fail("run", &err);
    sw_buf_free(&text);
    return result;
}
