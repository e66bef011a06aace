/* cmd_logits.c - `spillway logits`: logits of a token sequence, to check parity with other engines. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/engine_args.h"
#include "cmd/logits_head.h"
#include "cmd/standard_input.h"
#include "cmd/token_lines.h"
#include "spillway.h"

/* llama.cpp's default context.  Its choice of LongRoPE factors depends on the context, not on the sequence. */
enum { LLAMA_CPP_CTX = 512 };

/* Destination of the rows, a file or standard output, and the first error in writing them. */
typedef struct writer {
    outfile *file; // NULL: standard output
    sw_code code;
    sw_err *err;
} writer;

/* Callback of sw_engine_logits: appends a row; false, after an error, stops the evaluation. */
static bool write_row(void *ud, size_t position, const float *logits, size_t n_vocab)
{
    (void)position;
    writer *const w = ud;
    if (w->file != NULL)
        w->code = outfile_write(w->file, logits, n_vocab * sizeof *logits, w->err);
    else if (fwrite(logits, sizeof *logits, n_vocab, stdout) != n_vocab)
        w->code = sw_fail(w->err, SW_EIO, "standard output cannot be written");
    return w->code == SW_OK;
}

/* What to evaluate, and where to. */
typedef struct logits_work {
    token_lines lines;
    long n_prefill; // of every sequence; -1: all, in a stream the first half
    const char *out;
    bool is_stream;
} logits_work;

static size_t prefill_of(const logits_work *work, size_t n)
{
    const size_t by_default = work->is_stream ? (n + 1) / 2 : n;
    return work->n_prefill < 0 ? by_default : (size_t)work->n_prefill;
}

static sw_code evaluate_lines(sw_engine *engine, const logits_work *work, writer *w)
{
    sw_code code = SW_OK;
    for (size_t i = 0; i < work->lines.n_lines && code == SW_OK; i++) {
        size_t n;
        const int32_t *const ids = token_lines_at(&work->lines, i, &n);
        code = sw_engine_logits(engine, ids, n, prefill_of(work, n), write_row, w, w->err);
        if (code == SW_OK)
            code = w->code;
    }
    return code;
}

/* Writes the head and the rows to standard output. */
static sw_code stream(sw_engine *engine, const logits_work *work, sw_err *err)
{
    writer w = {.err = err};
    if (!logits_head_print(engine))
        return sw_fail(err, SW_ENOMEM, "out of memory describing the engine");
    return evaluate_lines(engine, work, &w);
}

/* Writes the rows to a file, which appears only when it is complete. */
static sw_code write_file(sw_engine *engine, const logits_work *work, sw_err *err)
{
    writer w = {.err = err};
    sw_code code = outfile_open(&w.file, work->out, err);
    if (code == SW_OK)
        code = evaluate_lines(engine, work, &w);
    if (code == SW_OK)
        return outfile_commit(w.file, err);
    outfile_abandon(w.file);
    return code;
}

static sw_code evaluate(const char *model, const sw_engine_options *options, const logits_work *work, sw_err *err)
{
    sw_engine *engine;
    sw_code code = sw_engine_open(&engine, model, options, err);
    if (code != SW_OK)
        return code;
    engine_args_warn(engine);
    code = work->is_stream ? stream(engine, work, err) : write_file(engine, work, err);
    sw_engine_close(engine);
    return code;
}

/* Reads the sequences: from the option, or from standard input.  Errors: SW_EINVAL, SW_ELIMIT, SW_EIO, SW_ENOMEM. */
static sw_code read_tokens(token_lines *lines, const char *tokens, sw_err *err)
{
    if (strcmp(tokens, "-") != 0)
        return token_lines_parse(lines, tokens, err);
    buf text;
    buf_init(&text, LIMIT_PROMPT_BYTES);
    sw_code code = standard_input_read(&text, err);
    if (code == SW_OK && strlen(buf_str(&text)) < text.size)
        code = sw_fail(err, SW_EINVAL, "standard input holds a NUL: token ids are text");
    if (code == SW_OK)
        code = token_lines_parse(lines, buf_str(&text), err);
    buf_free(&text);
    return code;
}

/* One place for the rows, or an error. */
static sw_code check_output(const logits_work *work, const char *tokens, sw_err *err)
{
    if (tokens == NULL || (work->out == NULL && !work->is_stream))
        return sw_fail(err, SW_EINVAL, "--tokens and --out are required; see spillway logits --help");
    return work->out != NULL && work->is_stream ? sw_fail(err, SW_EINVAL, "give --out or --stream, not both") : SW_OK;
}

int cmd_logits(int argc, char **argv)
{
    const char *tokens = NULL;
    logits_work work = {.n_prefill = -1};
    engine_args e = {.kv_type = "f32"};
    const arg_row rows[] = {
        {"tokens", NULL, ARG_STRING, &tokens, 0, 0, "IDS",
         "token ids separated by commas; - reads them from standard input, a sequence on each line (required)"},
        {"prefill", NULL, ARG_INT, &work.n_prefill, 0, 1e9, "N",
         "evaluate the first N of a sequence as one batch, the others one by one (default: all; with --stream half)"},
        {"out", "-o", ARG_STRING, &work.out, 0, 0, "FILE",
         "output: float32, little endian, one row of vocabulary size per position (required)"},
        {"stream", NULL, ARG_FLAG, &work.is_stream, 0, 0, NULL,
         "in place of --out: a line of JSON that says what the engine is, then the rows, to standard output"},
        ENGINE_ARG_ROWS(e),
    };
    const arg_list args = {
        .command = "logits",
        .usage = "MODEL --tokens 1,2,3 [--prefill N] [--compat llama.cpp] --out FILE",
        .description =
            "Evaluates a token sequence and writes the logits after every position.  The default of --kv-type is\n"
            "f32 here.  Where llama.cpp and the model's original code differ, spillway matches the original code;\n"
            "--compat llama.cpp matches llama.cpp, and its default context of 512.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = 1,
        .model = ARG_MODEL_BY_NAME,
    };
    const char *model;
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, &model, &n_positional);
    if (status >= 0)
        return status;
    sw_err err = {0};
    sw_engine_options options;
    sw_code code = engine_args_resolve(&e, &options, &err);
    if (code == SW_OK)
        code = check_output(&work, tokens, &err);
    if (code == SW_OK)
        code = read_tokens(&work.lines, tokens, &err);
    if (code == SW_OK) {
        const size_t n = token_lines_longest(&work.lines);
        options.n_seqs = 1;
        if (options.n_ctx == 0)
            options.n_ctx = options.compat == SW_COMPAT_LLAMA_CPP && n < LLAMA_CPP_CTX ? LLAMA_CPP_CTX : (int)n;
        code = evaluate(model, &options, &work, &err);
    }
    token_lines_free(&work.lines);
    return cmd_end("logits", code, &err);
}
