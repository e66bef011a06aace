/* cmd_tokenize.c - `spillway tokenize`: what a text looks like to a model. */
#include <stdio.h>

#include "base/limits.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/input.h"
#include "spillway.h"

static sw_code tokenize(const char *path, bool add_special, bool parse_special, sw_err *err)
{
    sw_tokenizer *tokenizer = NULL;
    int32_t *ids = NULL;
    size_t n = 0;
    sw_buf text;
    sw_buf_init(&text, SW_LIMIT_PROMPT_BYTES);
    sw_code code = sw_read_stdin(&text, err);
    if (code == SW_OK)
        code = sw_tokenizer_open(&tokenizer, path, err);
    if (code == SW_OK)
        code = sw_tokenizer_encode(tokenizer, sw_buf_str(&text), text.size, add_special, parse_special, &ids, &n, err);
    for (size_t i = 0; i < n; i++)
        printf(i == 0 ? "%d" : " %d", (int)ids[i]);
    if (code == SW_OK && (putchar('\n') == EOF || fflush(stdout) != 0))
        code = sw_fail(err, SW_EIO, "standard output: it cannot be written");
    sw_tokens_free(ids);
    sw_tokenizer_close(tokenizer);
    sw_buf_free(&text);
    return code;
}

int sw_cmd_tokenize(int argc, char **argv)
{
    bool add_special = false, parse_special = false;
    const sw_arg rows[] = {
        {"add-special", NULL, SW_ARG_FLAG, &add_special, 0, 0, NULL, "begin and end as the model wants its texts"},
        {"parse-special", NULL, SW_ARG_FLAG, &parse_special, 0, 0, NULL, "texts of control tokens become these tokens"},
    };
    const sw_args args = {"tokenize",
                          "MODEL < TEXT",
                          "Prints the token ids of the text on standard input.",
                          rows,
                          sizeof rows / sizeof rows[0],
                          1,
                          1};
    const char *path;
    size_t n_positional;
    const int status = sw_args_parse(&args, argc, argv, &path, &n_positional);
    if (status >= 0)
        return status;
    sw_err err = {0};
    return tokenize(path, add_special, parse_special, &err) == SW_OK ? SW_EXIT_OK : sw_cmd_fail("tokenize", &err);
}
