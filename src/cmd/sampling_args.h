/* sampling_args.h - how answers are chosen: the same rows for the options of `spillway run` and for /set in its chat.
 */
#ifndef CMD_SAMPLING_ARGS_H
#define CMD_SAMPLING_ARGS_H

#include <stdbool.h>

#include "base/limits.h"
#include "spillway.h"

typedef struct sampling_args {
    double temp, top_p, min_p, typical, repeat_penalty, presence_penalty, frequency_penalty;
    long top_k, repeat_last_n, seed, max_tokens;
    const char *stop;
} sampling_args;

#define SAMPLING_ARGS_DEFAULT                                                                                          \
    {                                                                                                                  \
        .temp = 0.3, .top_p = 0.95, .repeat_penalty = 1, .repeat_last_n = 64                                           \
    }

/* Rows for an array of arg_row; `s` is a sampling_args, whose members the rows point to. */
// clang-format off
#define SAMPLING_ARG_ROWS(s) \
    {"temp", "--temperature", ARG_DOUBLE, &(s).temp, 0, 2, "T", "temperature; 0 is greedy (default: 0.3)"}, \
    {"top-p", NULL, ARG_DOUBLE, &(s).top_p, 0, 1, "P", "sample from the most likely tokens with total probability P (default: 0.95)"}, \
    {"top-k", NULL, ARG_INT, &(s).top_k, 0, LIMIT_VOCAB_TOKENS, "K", "sample from the K most likely tokens (default: 0, off)"}, \
    {"min-p", NULL, ARG_DOUBLE, &(s).min_p, 0, 1, "P", "drop tokens less likely than P times the best (default: 0, off)"}, \
    {"typical", "--typical-p", ARG_DOUBLE, &(s).typical, 0, 1, "P", "sample from the most typical tokens with total probability P (default: 0, off)"}, \
    {"repeat-penalty", NULL, ARG_DOUBLE, &(s).repeat_penalty, 0, 1e6, "X", "make recent tokens less likely (default: 1, off)"}, \
    {"repeat-last-n", NULL, ARG_INT, &(s).repeat_last_n, -1, LIMIT_CTX_TOKENS, "N", "number of recent tokens for --repeat-penalty; -1: all (default: 64)"}, \
    {"presence-penalty", NULL, ARG_DOUBLE, &(s).presence_penalty, -2, 2, "X", "make tokens that the answer contains less likely (default: 0)"}, \
    {"frequency-penalty", NULL, ARG_DOUBLE, &(s).frequency_penalty, -2, 2, "X", "the same, for each time that they occurred (default: 0)"}, \
    {"seed", "-s", ARG_INT, &(s).seed, 0, 0, "N", "seed of the sampler: same seed, same answer (default: 0)"}, \
    {"max-tokens", "-n --n-predict --predict", ARG_INT, &(s).max_tokens, 0, LIMIT_CTX_TOKENS, "N", "most tokens of the answer (default: 0, until the context is full)"}, \
    {"stop", "-r --reverse-prompt", ARG_STRING, &(s).stop, 0, 0, "TEXT", "end the answer before this text"}
// clang-format on

/* The request without its text; it points into `args`. */
sw_request sampling_args_request(const sampling_args *args);

#endif
