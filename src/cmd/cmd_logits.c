/* cmd_logits.c - `spillway logits`: logits of a token sequence, to check parity with other engines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/engine_args.h"
#include "spillway.h"

/* llama.cpp's default context.  Its choice of LongRoPE factors depends on the context, not on the sequence. */
enum { LLAMA_CPP_CTX = 512 };

/* Parses "1,2,3" (white space allowed).  *ids_out is owned by the caller (mem_free).  Errors: SW_EINVAL, SW_ENOMEM. */
static sw_code parse_tokens(const char *text, int32_t **ids_out, size_t *n_out, sw_err *err)
{
    size_t cap = 0, n = 0;
    int32_t *ids = NULL;
    sw_code code = SW_OK;
    const char *p = text;
    for (bool more = true; more && code == SW_OK;) {
        char *end;
        const long id = strtol(p, &end, 10);
        if (end == p || id < 0 || id > INT32_MAX) {
            code = sw_fail(err, SW_EINVAL, "--tokens takes token ids separated by commas; '%.20s' is not one", p);
        } else if (!mem_grow(&ids, &cap, n + 1, sizeof *ids)) {
            code = sw_fail(err, SW_ENOMEM, "out of memory");
        } else {
            ids[n++] = (int32_t)id;
            p = end + strspn(end, " \t\n");
            more = *p == ',';
            p += more;
        }
    }
    if (code == SW_OK && *p != '\0')
        code = sw_fail(err, SW_EINVAL, "--tokens takes token ids separated by commas; '%.20s' is not one", p);
    if (code != SW_OK) {
        mem_free(ids);
        return code;
    }
    *ids_out = ids;
    *n_out = n;
    return SW_OK;
}

/* Destination of the rows, and the first error in writing them. */
typedef struct writer {
    outfile *file;
    sw_code code;
    sw_err *err;
} writer;

/* Callback of sw_engine_logits: appends a row; false, after an error, stops the evaluation. */
static bool write_row(void *ud, size_t position, const float *logits, size_t n_vocab)
{
    (void)position;
    writer *const w = ud;
    w->code = outfile_write(w->file, logits, n_vocab * sizeof *logits, w->err);
    return w->code == SW_OK;
}

/* Writes the logits of n tokens to the file `out`, which appears only when it is complete. */
static sw_code evaluate(const char *model, const sw_engine_options *options, const int32_t *ids, size_t n,
                        size_t n_prefill, const char *out, sw_err *err)
{
    sw_engine *engine;
    sw_code code = sw_engine_open(&engine, model, options, err);
    if (code != SW_OK)
        return code;
    engine_args_warn(engine);
    writer w = {.err = err};
    code = outfile_open(&w.file, out, err);
    if (code == SW_OK)
        code = sw_engine_logits(engine, ids, n, n_prefill, write_row, &w, err);
    if (code == SW_OK)
        code = w.code;
    if (code == SW_OK)
        code = outfile_commit(w.file, err);
    else
        outfile_abandon(w.file);
    sw_engine_close(engine);
    return code;
}

int cmd_logits(int argc, char **argv)
{
    const char *tokens = NULL, *out = NULL;
    long n_prefill = -1;
    engine_args e = {.kv_type = "f32"};
    const arg_row rows[] = {
        {"tokens", NULL, ARG_STRING, &tokens, 0, 0, "IDS", "token ids separated by commas (required)"},
        {"prefill", NULL, ARG_INT, &n_prefill, 0, 1e9, "N",
         "evaluate the first N as one batch, the others one by one (default: all)"},
        {"out", "-o", ARG_STRING, &out, 0, 0, "FILE",
         "output: float32, little endian, one row of vocabulary size per position (required)"},
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
    int32_t *ids = NULL;
    size_t n = 0;
    sw_code code = engine_args_resolve(&e, &options, &err);
    if (code == SW_OK && (tokens == NULL || out == NULL))
        code = sw_fail(&err, SW_EINVAL, "--tokens and --out are required; see spillway logits --help");
    if (code == SW_OK)
        code = parse_tokens(tokens, &ids, &n, &err);
    if (code == SW_OK) {
        options.n_seqs = 1;
        if (options.n_ctx == 0)
            options.n_ctx = options.compat == SW_COMPAT_LLAMA_CPP && n < LLAMA_CPP_CTX ? LLAMA_CPP_CTX : (int)n;
        code = evaluate(model, &options, ids, n, n_prefill < 0 ? n : (size_t)n_prefill, out, &err);
    }
    mem_free(ids);
    return cmd_end("logits", code, &err);
}
