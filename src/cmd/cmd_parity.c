/* cmd_parity.c - `spillway parity`: the same token sequences, evaluated in two ways, and how far the logits are apart.
 *
 * The sides run one after the other, so that a model which fills the memory can be compared, too.  The rows of side a
 * wait in a temporary file without a name, of positions x vocabulary x 4 bytes; those of side b are compared as they
 * come.  Both sides are processes of their own (parity_side.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/parity_print.h"
#include "cmd/parity_prompts.h"
#include "cmd/parity_served.h"
#include "cmd/parity_side.h"
#include "hosts/sampled_hash.h"

enum { TOKENS_DEFAULT = 128, TOKENS_MAX = 4096, PATH_BYTES_MAX = 4096 };

/* One comparison. */
typedef struct parity_work {
    parity_command a, b;
    const char *url_a, *url_b; // of servers; NULL: the command
    char program_a[SAMPLED_HASH_BYTES], program_b[SAMPLED_HASH_BYTES];
    token_lines lines;
    FILE *tokens; // what both sides read
    FILE *rows;   // of side a
    json_t *head_a;
    size_t n_vocab;
    parity_facts facts;
    parity_row *compared; // (lines.n_ids)
    logit_parity sums;
    bool as_json;
} parity_work;

/* ---- temporary files -------------------------------------------------------------------------------------------- */

/* A file without a name, where TMPDIR says.  Error: SW_EIO. */
static sw_code open_unnamed(FILE **out, sw_err *err)
{
    const char *const dir = getenv("TMPDIR");
    char path[PATH_BYTES_MAX];
    snprintf(path, sizeof path, "%s/spillway-parity-XXXXXX", dir != NULL && dir[0] != '\0' ? dir : "/tmp");
    const int fd = mkstemp(path);
    if (fd < 0)
        return sw_fail(err, SW_EIO, "cannot write %s: %s; TMPDIR names another folder", path, strerror(errno));
    unlink(path);
    *out = fdopen(fd, "w+b");
    if (*out != NULL)
        return SW_OK;
    close(fd);
    return sw_fail(err, SW_ENOMEM, "out of memory");
}

static sw_code flushed(FILE *file, const char *what, sw_err *err)
{
    if (fflush(file) == 0 && !ferror(file))
        return SW_OK;
    return sw_fail(err, SW_EIO, "%s cannot be written to the folder of temporary files: %s; TMPDIR names another one",
                   what, strerror(errno));
}

static sw_code write_tokens(parity_work *w, sw_err *err)
{
    const sw_code code = open_unnamed(&w->tokens, err);
    if (code != SW_OK)
        return code;
    for (size_t i = 0; i < w->lines.n_lines; i++) {
        size_t n;
        const int32_t *const ids = token_lines_at(&w->lines, i, &n);
        for (size_t t = 0; t < n; t++)
            fprintf(w->tokens, "%d%c", (int)ids[t], t + 1 < n ? ',' : '\n');
    }
    return flushed(w->tokens, "the token ids", err);
}

/* ---- side a ----------------------------------------------------------------------------------------------------- */

static sw_code keep_rows(parity_work *w, parity_side *side, float *row, sw_err *err)
{
    sw_code code = open_unnamed(&w->rows, err);
    for (size_t i = 0; i < w->lines.n_ids && code == SW_OK; i++) {
        code = parity_side_row(side, row, err);
        if (code == SW_OK && fwrite(row, sizeof *row, side->n_vocab, w->rows) != side->n_vocab)
            code = flushed(w->rows, "the logits of side a", err);
    }
    return code == SW_OK ? flushed(w->rows, "the logits of side a", err) : code;
}

static sw_code evaluate_a(parity_work *w, sw_err *err)
{
    parity_side side;
    float *row = NULL;
    sw_code code = parity_side_begin(&side, &w->a, fileno(w->tokens), err);
    if (code == SW_OK && (row = mem_calloc(side.n_vocab, sizeof *row)) == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory");
    if (code == SW_OK)
        code = keep_rows(w, &side, row, err);
    w->head_a = json_incref(side.head);
    w->n_vocab = side.n_vocab;
    mem_free(row);
    parity_side_end(&side);
    return code;
}

/* ---- side b ----------------------------------------------------------------------------------------------------- */

static sw_code compare_rows(parity_work *w, parity_side *side, float *a, float *b, sw_err *err)
{
    const size_t n = w->n_vocab;
    rewind(w->rows);
    for (size_t i = 0; i < w->lines.n_ids; i++) {
        const sw_code code = parity_side_row(side, b, err);
        if (code != SW_OK)
            return code;
        if (fread(a, sizeof *a, n, w->rows) != n)
            return sw_fail(err, SW_EIO, "the logits of side a cannot be read again: %s", strerror(errno));
        w->compared[i] = (parity_row){.hash_a = logit_hash_add(logit_hash_begin(), a, n * sizeof *a),
                                      .hash_b = logit_hash_add(logit_hash_begin(), b, n * sizeof *b),
                                      .difference = logit_compare(a, b, n)};
        logit_parity_add(&w->sums, a, b, n);
    }
    return SW_OK;
}

static sw_code compare_b(parity_work *w, parity_side *side, sw_err *err)
{
    if (side->n_vocab != w->n_vocab)
        return sw_fail(err, SW_EFORMAT, "side a has a vocabulary of %zu tokens, side b of %zu", w->n_vocab,
                       side->n_vocab);
    float *const rows = mem_calloc(2 * w->n_vocab, sizeof *rows);
    w->compared = mem_calloc(w->lines.n_ids, sizeof *w->compared);
    const sw_code code = rows != NULL && w->compared != NULL ? compare_rows(w, side, rows, rows + w->n_vocab, err)
                                                             : sw_fail(err, SW_ENOMEM, "out of memory");
    mem_free(rows);
    return code;
}

static int verdict(const parity_work *w, const parity_side *side)
{
    const parity_result result = {w->a.model, &w->facts, w->head_a, side->head, &w->lines, w->compared, &w->sums};
    if (w->as_json && !parity_print_json(&result))
        return CMD_EXIT_FAILURE;
    if (!w->as_json)
        parity_print_text(&result);
    return w->sums.n_equal == w->sums.n_positions ? CMD_EXIT_OK : CMD_EXIT_THRESHOLD;
}

/* Evaluates side b unless it is the same as side a.  Returns the exit code. */
static int evaluate_b(parity_work *w, sw_err *err)
{
    parity_side side;
    int status = CMD_EXIT_INVALID;
    sw_code code = parity_side_begin(&side, &w->b, fileno(w->tokens), err);
    if (code == SW_OK) {
        parity_facts_read(&w->facts, w->head_a, side.head, w->program_a, w->program_b);
        if (!w->as_json)
            parity_print_facts(&w->facts);
        if (w->facts.n_different > 0)
            code = compare_b(w, &side, err);
        else
            fprintf(stderr, "spillway parity: nothing was compared: both sides are the same in effect (program, "
                            "instruction set, threads, batch, keys and values, placement)\n");
    }
    if (code != SW_OK)
        status = cmd_fail("parity", err);
    else if (w->facts.n_different > 0)
        status = verdict(w, &side);
    parity_side_end(&side);
    return status;
}

/* ---- the command ------------------------------------------------------------------------------------------------ */

static sw_code name_programs(parity_work *w, sw_err *err)
{
    static const char SELF[] = "/proc/self/exe";
    sw_code code = sampled_hash(w->a.program != NULL ? w->a.program : SELF, w->program_a, err);
    if (code == SW_OK)
        code = sampled_hash(w->b.program != NULL ? w->b.program : SELF, w->program_b, err);
    return code;
}

/* A server has no options here, and a program that is given cannot be started as one. */
static sw_code check_urls(const parity_work *w, sw_err *err)
{
    const bool has_url = w->url_a != NULL || w->url_b != NULL;
    if ((w->url_a != NULL && w->a.text[0] != '\0') || (w->url_b != NULL && w->b.text[0] != '\0'))
        return sw_fail(err, SW_EINVAL, "a side is a server (--a-url) or has options (--a), not both");
    return has_url && (w->a.program != NULL || w->b.program != NULL)
               ? sw_fail(err, SW_EINVAL,
                         "--a-program and --b-program do not go with a server; start it, and give its URL")
               : SW_OK;
}

static int compare(parity_work *w, const char *options_a, const char *options_b, const parity_source *source)
{
    sw_err err = {0};
    sw_code code = parity_command_parse(&w->a, options_a, &err);
    if (code == SW_OK)
        code = parity_command_parse(&w->b, options_b, &err);
    if (code == SW_OK)
        code = check_urls(w, &err);
    if (code == SW_OK)
        code = name_programs(w, &err);
    if (code == SW_OK)
        code = parity_prompts_read(&w->lines, w->a.model, source, &err);
    if (code == SW_OK && (w->url_a != NULL || w->url_b != NULL))
        return parity_served_run(
            &(parity_served){&w->a, &w->b, w->url_a, w->url_b, &w->lines, w->sums.near_tie, w->as_json});
    if (code == SW_OK)
        code = write_tokens(w, &err);
    if (code == SW_OK)
        code = evaluate_a(w, &err);
    return code == SW_OK ? evaluate_b(w, &err) : cmd_fail("parity", &err);
}

static void free_work(parity_work *w)
{
    parity_command_free(&w->a);
    parity_command_free(&w->b);
    token_lines_free(&w->lines);
    if (w->tokens != NULL)
        fclose(w->tokens);
    if (w->rows != NULL)
        fclose(w->rows);
    json_decref(w->head_a);
    mem_free(w->compared);
}

int cmd_parity(int argc, char **argv)
{
    const char *a = "", *b = "";
    long n_tokens = TOKENS_DEFAULT;
    double near_tie = 0.1;
    parity_source source = {.protocol = NULL};
    parity_work w = {.a = {.side = "a"}, .b = {.side = "b"}};
    // clang-format off
    const arg_row rows[] = {
        {"a", NULL, ARG_STRING, &a, 0, 0, "OPTIONS", "options of side a, in one word: those of every command that loads a model, after SPILLWAY_ISA=NAME if the instruction set is to be chosen (default: none)"},
        {"b", NULL, ARG_STRING, &b, 0, 0, "OPTIONS", "options of side b (default: none)"},
        {"a-url", NULL, ARG_STRING, &w.url_a, 0, 0, "URL", "side a is this server; its answers hold the 20 likeliest tokens of every position"},
        {"b-url", NULL, ARG_STRING, &w.url_b, 0, 0, "URL", "side b is this server"},
        {"a-program", NULL, ARG_STRING, &w.a.program, 0, 0, "PATH", "another build of spillway for side a (default: this one)"},
        {"b-program", NULL, ARG_STRING, &w.b.program, 0, 0, "PATH", "another build of spillway for side b (default: this one)"},
        {"prompt-file", NULL, ARG_STRINGS, &source.files, 0, 0, "FILE", "a prompt; may be given several times (default: the protocol's prompts)"},
        {"protocol", NULL, ARG_STRING, &source.protocol, 0, 0, "FILE", "the protocol with the prompts (default: the built-in one)"},
        {"tokens", "-n", ARG_INT, &n_tokens, 1, TOKENS_MAX, "N", "tokens of a prompt that are evaluated, at most (default: 128)"},
        {"near-tie", NULL, ARG_DOUBLE, &near_tie, 0, 100, "X", "gap of two logits below which the likeliest tokens are a near tie (default: 0.1)"},
        {"json", NULL, ARG_FLAG, &w.as_json, 0, 0, NULL, "print one JSON document, with a hash of every position"},
    };
    // clang-format on
    const arg_list args = {
        .command = "parity",
        .usage = "MODEL --a \"OPTIONS\" --b \"OPTIONS\"",
        .description =
            "Evaluates the same tokens in two ways and compares the logits bit by bit: two placements, numbers of "
            "threads, instruction sets, types of cached keys and values, or builds.  Between placements, threads, "
            "batches and instruction sets every bit is the same.\n\nExit code: 0 equal, 3 not equal, 4 both sides are "
            "the same in effect and nothing was compared.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = 1,
        .model = ARG_MODEL_BY_NAME,
    };
    const char *model;
    size_t n_positional;
    int status = args_parse(&args, argc, argv, &model, &n_positional);
    if (status >= 0)
        return status;
    w.a.model = w.b.model = model;
    w.sums = logit_parity_begin(near_tie);
    source.n_tokens_max = (size_t)n_tokens;
    status = compare(&w, a, b, &source);
    free_work(&w);
    return status;
}
