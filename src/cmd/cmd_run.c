/* cmd_run.c - `spillway run`: one answer, streamed to standard output, or a chat on the terminal.
 *
 * Without a prompt it is a chat if standard input is a terminal; otherwise the prompt is read from there.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/evenness.h"
#include "base/limits.h"
#include "cmd/answer_json.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/engine_args.h"
#include "cmd/generate.h"
#include "cmd/progress.h"
#include "cmd/sampling_args.h"
#include "cmd/standard_input.h"
#include "cmd/talk.h"
#include "cmd/terminal.h"
#include "spillway.h"

/* Values of the options, and the arguments. */
typedef struct run_args {
    const char *path, *prompt, *system, *color;
    engine_args engine;
    sampling_args sampling;
    double stub_rate;
    bool raw, show_reasoning, stats, as_json, quiet, no_history;
} run_args;

/* What the engine is opened with; also the argument of open_engine. */
typedef struct opening {
    sw_engine_options options;
    bool quiet;
    bool is_raw; // no chat template is used
} opening;

/* Prints how many experts of each layer were chosen at all, and how evenly. */
static void print_experts(const sw_engine *engine)
{
    sw_err err = {0};
    sw_expert_use *use;
    if (sw_engine_expert_use(engine, SW_EXPERTS_SINCE_OPEN, /*with_pairs=*/false, &use, &err) != SW_OK) {
        fprintf(stderr, "warning: %s\n", err.msg);
        return;
    }
    for (int row = 0; row < use->n_layers; row++) {
        uint64_t *const counts = use->counts + (size_t)row * (size_t)use->n_experts;
        const evenness e = evenness_of(counts, (size_t)use->n_experts);
        fprintf(stderr, "layer %-3d   %zu of %d experts used, the busiest took %.0f%%, as many as %.1f used equally\n",
                use->first_layer + row, e.n_used, use->n_experts,
                e.total > 0 ? 100 * evenness_top_share(counts, (size_t)use->n_experts, 1) : 0.0,
                e.total > 0 ? e.effective : 0.0);
    }
    sw_expert_use_free(use);
}

/* ---- the run ------------------------------------------------------------------------------------------------ */

/* Opens an engine for one sequence, with a progress line.  `ud` is an opening. */
static sw_code open_engine(void *ud, const char *path, sw_engine **out, sw_err *err)
{
    opening *const o = ud;
    progress_line progress;
    progress_init(&progress, "loading", NULL, o->quiet);
    o->options.on_load = progress_on_bytes;
    o->options.ud = &progress;
    const sw_code code = sw_engine_open(out, path, &o->options, err);
    progress_finish(&progress);
    if (code == SW_OK && !o->is_raw && sw_engine_info(*out)->chat_note != NULL)
        fprintf(stderr, "warning: %s\n", sw_engine_info(*out)->chat_note);
    if (code == SW_OK)
        engine_args_warn(*out);
    return code;
}

/* Says on standard error why an answer is missing or cut, if it is. */
static void explain_end(const generation *g, int max_tokens)
{
    char why[256];
    if (generation_explain_end(g, max_tokens, why, sizeof why))
        fprintf(stderr, "spillway run: %s\n", why);
}

/* Submits the prompt and prints the answer. */
static sw_code ask_once(sw_engine *engine, const run_args *a, generation *g, sw_err *err)
{
    const sw_message messages[] = {{.role = SW_ROLE_SYSTEM, .content = a->system},
                                   {.role = SW_ROLE_USER, .content = a->prompt}};
    const size_t first = a->system != NULL ? 0 : 1;
    sw_request request = sampling_args_request(&a->sampling);
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
    if (code == SW_OK)
        explain_end(g, request.max_tokens);
    if (code == SW_OK && a->stats)
        generation_print_speed(g);
    return code;
}

/* Opens the engine, answers or chats, prints what --stats adds; returns the exit code. */
static int run(run_args *a, opening *o)
{
    sw_err err = {0};
    sw_engine *engine = NULL;
    generation g;
    generation_init(&g, a->show_reasoning);
    const bool is_chat = a->prompt == NULL;
    if (is_chat)
        terminal_begin_chat();
    sw_code code = open_engine(o, a->path, &engine, &err);
    if (code == SW_OK && is_chat)
        code = talk_run(&(talk_options){.engine = &engine,
                                        .model = a->path,
                                        .model_dirs = args_model_dirs(),
                                        .open = open_engine,
                                        .ud = o,
                                        .sampling = &a->sampling,
                                        .system = a->system,
                                        .prints_speed = a->stats,
                                        .keeps_history = !a->no_history},
                        &g, &err);
    else if (code == SW_OK)
        code = ask_once(engine, a, &g, &err);
    if (code == SW_OK && a->stats)
        print_experts(engine);
    sw_engine_close(engine);
    generation_free(&g);
    terminal_end_chat();
    if (code != SW_OK)
        return cmd_fail("run", &err);
    return !is_chat && g.done.finish == SW_FINISH_CANCELED ? CMD_EXIT_INTERRUPT : CMD_EXIT_OK;
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

/* The words of a prompt, as a shell splits them, joined by single spaces.  `words` are the arguments after the model.
 */
static sw_code join_prompt(run_args *a, const char *const *words, size_t n, buf *text, sw_err *err)
{
    if (n > 0 && a->prompt != NULL)
        return sw_fail(err, SW_EINVAL, "the prompt is given twice: by --prompt and as '%.60s'", words[0]);
    if (n == 1)
        a->prompt = words[0];
    if (n < 2)
        return SW_OK;
    for (size_t i = 0; i < n; i++)
        buf_printf(text, "%s%s", i > 0 ? " " : "", words[i]);
    if (text->failed != SW_OK)
        return sw_fail(err, text->failed, "the prompt has more than %zu bytes, or memory is short", text->max);
    a->prompt = buf_str(text);
    return SW_OK;
}

/* The arguments to a run; returns the exit code. */
static int run_words(run_args *a, const char *const *words, size_t n)
{
    sw_err err = {0};
    opening o = {.quiet = a->quiet, .is_raw = a->raw};
    buf text, input;
    buf_init(&text, LIMIT_PROMPT_BYTES);
    buf_init(&input, LIMIT_PROMPT_BYTES);
    sw_code code = engine_args_resolve(&a->engine, &o.options, &err);
    o.options.n_seqs = 1;
    o.options.stub_tokens_per_s = a->stub_rate;
    if (code == SW_OK)
        code = terminal_choose_color(a->color, &err);
    if (code == SW_OK)
        code = join_prompt(a, words, n, &text, &err);
    if (code == SW_OK)
        code = check_args(a, &err);
    if (code == SW_OK)
        code = read_prompt(a, &input, &err);
    const int result = code == SW_OK ? run(a, &o) : cmd_fail("run", &err);
    buf_free(&text);
    buf_free(&input);
    return result;
}

int cmd_run(int argc, char **argv)
{
    run_args a = {.sampling = SAMPLING_ARGS_DEFAULT};
    // clang-format off
    const arg_row rows[] = {
        {"prompt", "-p", ARG_STRING, &a.prompt, 0, 0, "TEXT", "the prompt, in place of PROMPT"},
        {"system", "-sys --system-prompt", ARG_STRING, &a.system, 0, 0, "TEXT", "system message"},
        SAMPLING_ARG_ROWS(a.sampling),
        ENGINE_ARG_ROWS(a.engine),
        DATE_ARG_ROW(a.engine),
        {"stub-rate", NULL, ARG_DOUBLE, &a.stub_rate, 0, 1e6, "R", "tokens per second of the model 'stub:' (default: 0, no limit)"},
        {"raw", NULL, ARG_FLAG, &a.raw, 0, 0, NULL, "continue the prompt as it is, without the chat template"},
        {"show-reasoning", NULL, ARG_FLAG, &a.show_reasoning, 0, 0, NULL, "print the reasoning on standard error"},
        {"stats", "-v --verbose", ARG_FLAG, &a.stats, 0, 0, NULL, "print speed and use of experts on standard error"},
        {"json", NULL, ARG_FLAG, &a.as_json, 0, 0, NULL, "print answer, tokens, timings and use of experts as one JSON document"},
        {"no-history", NULL, ARG_FLAG, &a.no_history, 0, 0, NULL, "neither read nor write the history of lines typed in chats"},
        COLOR_ARG_ROW(a.color),
        {"quiet", "-q", ARG_FLAG, &a.quiet, 0, 0, NULL, "show no loading progress"},
    };
    // clang-format on
    const arg_list args = {
        .command = "run",
        .usage = "MODEL [PROMPT...]",
        .description = "Prints a model's answer to PROMPT, whose words need no quotes, or without one starts a chat on "
                       "the terminal.  PROMPT '-' is read from standard input, also if none is given and standard "
                       "input is not a terminal.  MODEL is a GGUF file, or the name of one in the model folders.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = (size_t)argc + 1,
        .model = ARG_MODEL_BY_NAME,
    };
    const char **const positional = mem_calloc((size_t)argc + 1, sizeof *positional);
    if (positional == NULL)
        return CMD_EXIT_FAILURE;
    size_t n_positional;
    int status = args_parse(&args, argc, argv, positional, &n_positional);
    if (status < 0) {
        a.path = positional[0];
        status = run_words(&a, positional + 1, n_positional - 1);
    }
    mem_free(positional);
    return status;
}
