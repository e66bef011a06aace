/* cmd_tokenize.c - `spillway tokenize`: text on standard input to token ids. */
#include <stdio.h>

#include "base/limits.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/standard_input.h"
#include "spillway.h"

/* Reads standard input, prints its ids in one line.  Text is bytes: it need not be UTF-8. */
static sw_code tokenize(const char *path, const sw_encode_options *options, sw_err *err)
{
    sw_tokenizer *tokenizer = NULL;
    int32_t *ids = NULL;
    size_t n = 0;
    buf text;
    buf_init(&text, LIMIT_PROMPT_BYTES);
    sw_code code = standard_input_read(&text, err);
    if (code == SW_OK)
        code = sw_tokenizer_open(&tokenizer, path, err);
    if (code == SW_OK)
        code = sw_tokenizer_encode(tokenizer, buf_str(&text), text.size, options, &ids, &n, err);
    for (size_t i = 0; i < n; i++)
        printf(i == 0 ? "%d" : " %d", (int)ids[i]);
    if (code == SW_OK && (putchar('\n') == EOF || fflush(stdout) != 0))
        code = sw_fail(err, SW_EIO, "standard output cannot be written");
    sw_tokens_free(ids);
    sw_tokenizer_close(tokenizer);
    buf_free(&text);
    return code;
}

int cmd_tokenize(int argc, char **argv)
{
    sw_encode_options options = {0};
    const arg_row rows[] = {
        {"add-special", NULL, ARG_FLAG, &options.add_special, 0, 0, NULL, "add the model's begin and end tokens"},
        {"parse-special", NULL, ARG_FLAG, &options.parse_special, 0, 0, NULL,
         "turn texts of control tokens into these tokens"},
    };
    const arg_list args = {
        .command = "tokenize",
        .usage = "MODEL < TEXT",
        .description = "Prints the token ids of the text on standard input.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 1,
        .max_positional = 1,
        .model = ARG_MODEL_BY_NAME,
    };
    const char *path;
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, &path, &n_positional);
    if (status >= 0)
        return status;
    sw_err err = {0};
    return cmd_end("tokenize", tokenize(path, &options, &err), &err);
}
