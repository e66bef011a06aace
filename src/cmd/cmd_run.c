/* cmd_run.c - `spillway run`: one answer, streamed to standard output, or a chat on the terminal.
 *
 * Without a prompt it is a chat if standard input is a terminal; otherwise the prompt is read from there.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "cmd/answer_json.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/conversation.h"
#include "cmd/engine_args.h"
#include "cmd/generate.h"
#include "cmd/progress.h"
#include "cmd/standard_input.h"
#include "spillway.h"

/* Values of the options, and the arguments. */
typedef struct run_args {
    const char *path, *prompt, *system;
    engine_args engine;
    double temp, top_p, min_p, typical, repeat_penalty, presence_penalty, frequency_penalty, stub_rate;
    long top_k, repeat_last_n, seed, max_tokens;
    const char *stop;
    bool raw, show_reasoning, stats, as_json, quiet;
} run_args;

/* Prints how many experts of each layer were chosen at all, and the share of the busiest one. */
static void print_experts(const sw_engine *engine)
{
    const sw_model_info *const info = sw_engine_info(engine);
    uint64_t *const counts = mem_calloc((size_t)info->n_experts + 1, sizeof *counts);
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
    mem_free(counts);
}

/* ---- the run ------------------------------------------------------------------------------------------------ */

/* Opens the engine for one sequence, with a progress line. */
static sw_code open_engine(const run_args *a, sw_engine_options options, sw_engine **out, sw_err *err)
{
    progress_line progress;
    progress_init(&progress, "loading", NULL, a->quiet);
    options.n_seqs = 1;
    options.stub_tokens_per_s = a->stub_rate;
    options.on_load = progress_on_bytes;
    options.ud = &progress;
    const sw_code code = sw_engine_open(out, a->path, &options, err);
    progress_finish(&progress);
    if (code == SW_OK && !a->raw && sw_engine_info(*out)->chat_note != NULL)
        fprintf(stderr, "warning: %s\n", sw_engine_info(*out)->chat_note);
    return code;
}

/* The request without its text. */
static sw_request base_request(const run_args *a)
{
    return (sw_request){.sampling = {.temperature = (float)a->temp,
                                     .top_p = (float)a->top_p,
                                     .top_k = (int)a->top_k,
                                     .min_p = (float)a->min_p,
                                     .typical_p = (float)a->typical,
                                     .repeat_penalty = (float)a->repeat_penalty,
                                     .repeat_last_n = (int)a->repeat_last_n,
                                     .presence_penalty = (float)a->presence_penalty,
                                     .frequency_penalty = (float)a->frequency_penalty,
                                     .seed = (uint64_t)a->seed},
                        .max_tokens = (int)a->max_tokens,
                        .stop = &a->stop,
                        .n_stop = a->stop != NULL ? 1 : 0};
}

/* Submits the prompt and prints the answer. */
static sw_code ask_once(sw_engine *engine, const run_args *a, generation *g, sw_err *err)
{
    const sw_message messages[] = {{.role = SW_ROLE_SYSTEM, .content = a->system},
                                   {.role = SW_ROLE_USER, .content = a->prompt}};
    const size_t first = a->system != NULL ? 0 : 1;
    sw_request request = base_request(a);
    if (a->raw) {
        request.prompt = a->prompt;
    } else {
        request.messages = messages + first;
        request.n_messages = 2 - first;
    }
    g->is_silent = a->as_json;
    generation_catch_interrupts(/*is_once=*/true);
    sw_code code = generation_run(g, engine, request, err);
    if (code == SW_OK && a->as_json)
        code = answer_print_json(engine, g, err);
    if (code == SW_OK && a->stats)
        generation_print_speed(g);
    return code;
}

/* Opens the engine, answers or chats, prints what --stats adds; returns the exit code. */
static int run(const run_args *a, sw_engine_options options)
{
    sw_err err = {0};
    sw_engine *engine = NULL;
    generation g;
    generation_init(&g, a->show_reasoning);
    const sw_request base = base_request(a);
    sw_code code = open_engine(a, options, &engine, &err);
    if (code == SW_OK)
        code = a->prompt != NULL ? ask_once(engine, a, &g, &err)
                                 : conversation_run(engine, &base, a->system, a->stats, &g, &err);
    if (code == SW_OK && a->stats)
        print_experts(engine);
    sw_engine_close(engine);
    generation_free(&g);
    if (code != SW_OK)
        return cmd_fail("run", &err);
    return a->prompt != NULL && g.done.finish == SW_FINISH_CANCELED ? CMD_EXIT_INTERRUPT : CMD_EXIT_OK;
}

/* ---- the command line --------------------------------------------------------------------------------------- */

/* Reads the prompt from standard input into `text` if it is "-", or if none was given and standard input is no
 * terminal. */
static sw_code read_prompt(run_args *a, buf *text, sw_err *err)
{
    if (a->prompt == NULL && isatty(STDIN_FILENO) == 1)
        return SW_OK;
    if (a->prompt != NULL && strcmp(a->prompt, "-") != 0)
        return SW_OK;
    const bool is_explicit = a->prompt != NULL;
    const sw_code code = standard_input_read(text, err);
    if (code != SW_OK)
        return code;
    a->prompt = buf_str(text);
    if (strlen(a->prompt) != text->size)
        return sw_fail(err, SW_EFORMAT, "standard input contains a zero byte; a prompt is text");
    if (text->size == 0 && !is_explicit)
        return sw_fail(err, SW_EINVAL, "no prompt was given, and standard input is empty");
    return SW_OK;
}

/* Refuses combinations of options that cannot be honoured, before the model is loaded.  Errors: SW_EINVAL. */
static sw_code check_args(const run_args *a, sw_err *err)
{
    if (a->raw && a->system != NULL)
        return sw_fail(err, SW_EINVAL, "--system cannot be used with --raw, which uses no chat template");
    if (a->raw && a->prompt == NULL && isatty(STDIN_FILENO) == 1)
        return sw_fail(err, SW_EINVAL, "--raw needs a prompt: a chat uses the chat template");
    if (a->as_json && a->prompt == NULL && isatty(STDIN_FILENO) == 1)
        return sw_fail(err, SW_EINVAL, "--json needs a prompt: a chat has no JSON form");
    return SW_OK;
}

int cmd_run(int argc, char **argv)
{
    run_args a = {.temp = 0.3, .top_p = 0.95, .repeat_penalty = 1, .repeat_last_n = 64};
    const arg_row rows[] = {
        {"system", NULL, ARG_STRING, &a.system, 0, 0, "TEXT", "system message"},
        {"temp", NULL, ARG_DOUBLE, &a.temp, 0, 2, "T", "temperature; 0 is greedy (default: 0.3)"},
        {"top-p", NULL, ARG_DOUBLE, &a.top_p, 0, 1, "P",
         "sample from the most likely tokens with total probability P (default: 0.95)"},
        {"top-k", NULL, ARG_INT, &a.top_k, 0, LIMIT_VOCAB_TOKENS, "K",
         "sample from the K most likely tokens (default: 0, off)"},
        {"min-p", NULL, ARG_DOUBLE, &a.min_p, 0, 1, "P",
         "drop tokens less likely than P times the best (default: 0, off)"},
        {"typical", NULL, ARG_DOUBLE, &a.typical, 0, 1, "P",
         "sample from the most typical tokens with total probability P (default: 0, off)"},
        {"repeat-penalty", NULL, ARG_DOUBLE, &a.repeat_penalty, 0, 1e6, "X",
         "make recent tokens less likely (default: 1, off)"},
        {"repeat-last-n", NULL, ARG_INT, &a.repeat_last_n, -1, LIMIT_CTX_TOKENS, "N",
         "number of recent tokens for --repeat-penalty; -1: all (default: 64)"},
        {"presence-penalty", NULL, ARG_DOUBLE, &a.presence_penalty, -2, 2, "X",
         "make tokens that the answer contains less likely (default: 0)"},
        {"frequency-penalty", NULL, ARG_DOUBLE, &a.frequency_penalty, -2, 2, "X",
         "the same, for each time that they occurred (default: 0)"},
        {"seed", NULL, ARG_INT, &a.seed, 0, 0, "N", "seed of the sampler: same seed, same answer (default: 0)"},
        {"max-tokens", NULL, ARG_INT, &a.max_tokens, 0, LIMIT_CTX_TOKENS, "N",
         "most tokens of the answer (default: 0, until the context is full)"},
        {"stop", NULL, ARG_STRING, &a.stop, 0, 0, "TEXT", "end the answer before this text"},
        ENGINE_ARG_ROWS(a.engine),
        DATE_ARG_ROW(a.engine),
        {"stub-rate", NULL, ARG_DOUBLE, &a.stub_rate, 0, 1e6, "R",
         "tokens per second of the model 'stub:' (default: 0, no limit)"},
        {"raw", NULL, ARG_FLAG, &a.raw, 0, 0, NULL, "continue the prompt as it is, without the chat template"},
        {"show-reasoning", NULL, ARG_FLAG, &a.show_reasoning, 0, 0, NULL, "print the reasoning on standard error"},
        {"stats", NULL, ARG_FLAG, &a.stats, 0, 0, NULL, "print speed and use of experts on standard error"},
        {"json", NULL, ARG_FLAG, &a.as_json, 0, 0, NULL,
         "print answer, tokens, timings and use of experts as one JSON document"},
        {"quiet", NULL, ARG_FLAG, &a.quiet, 0, 0, NULL, "show no loading progress"},
    };
    const arg_list args = {
        .command = "run",
        .usage = "MODEL [PROMPT]",
        .description = "Prints a model's answer to PROMPT, or without one starts a chat on the terminal.  PROMPT '-' "
                       "is read from\n"
                       "standard input, also if none is given and standard input is not a terminal.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = 2,
    };
    const char *positional[2];
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, positional, &n_positional);
    if (status >= 0)
        return status;
    a.path = positional[0];
    a.prompt = n_positional > 1 ? positional[1] : NULL;
    sw_err err = {0};
    sw_engine_options options;
    buf text;
    buf_init(&text, LIMIT_PROMPT_BYTES);
    sw_code code = engine_args_resolve(&a.engine, &options, &err);
    if (code == SW_OK)
        code = check_args(&a, &err);
    if (code == SW_OK)
        code = read_prompt(&a, &text, &err);
    const int result = code == SW_OK ? run(&a, options) : cmd_fail("run", &err);
    buf_free(&text);
    return result;
}
