/* engine_args.h - the options of every command that loads a model, said once. */
#ifndef SW_ENGINE_ARGS_H
#define SW_ENGINE_ARGS_H

#include <stddef.h>

#include "base/limits.h"
#include "spillway.h"

/* Zero-initialized, or with the command's own defaults. */
typedef struct sw_engine_args {
    long n_threads, n_ctx, n_batch, n_cpu_moe;
    bool cpu_moe;
    const char *kv_type, *compat; // NULL: "f16", "original"
    const char *date;             // NULL: today
} sw_engine_args;

/* Rows for an array of sw_arg; `e` is an sw_engine_args. */
// clang-format off
#define SW_ENGINE_ARG_ROWS(e) \
    {"threads", "-t", SW_ARG_INT, &(e).n_threads, 1, SW_LIMIT_THREADS, "N", "compute threads; default: one per core"}, \
    SW_ENGINE_ARG_ROWS_BUT_THREADS(e)
#define SW_ENGINE_ARG_ROWS_BUT_THREADS(e) \
    {"ctx-size", "-c", SW_ARG_INT, &(e).n_ctx, 1, SW_LIMIT_CTX_TOKENS, "N", "tokens that a sequence may hold; default: the model's, at most 8192"}, \
    {"batch", "-b", SW_ARG_INT, &(e).n_batch, 1, SW_LIMIT_BATCH_TOKENS, "N", "prompt tokens evaluated at once, at most; default: 256"}, \
    {"kv-type", NULL, SW_ARG_STRING, &(e).kv_type, 0, 0, "f16|f32|q8_0", "how keys and values are kept; q8_0 takes about half the memory of f16"}, \
    {"cpu-moe", "-cmoe", SW_ARG_FLAG, &(e).cpu_moe, 0, 0, NULL, "keep the experts of all layers in RAM"}, \
    {"n-cpu-moe", "-ncmoe", SW_ARG_INT, &(e).n_cpu_moe, 0, SW_LIMIT_MODEL_LAYERS, "N", "keep the experts of the first N layers in RAM"}, \
    {"compat", NULL, SW_ARG_STRING, &(e).compat, 0, 0, "original|llama.cpp", "whom to follow where they compute different things"}
// clang-format on

/* A row for the commands that chat. */
#define SW_DATE_ARG_ROW(e)                                                                                             \
    {                                                                                                                  \
        "date", NULL, SW_ARG_STRING, &(e).date, 0, 0, "YYYY-MM-DD",                                                    \
            "what models that are told the date are told (today)"                                                      \
    }

/* Arguments to options.  Errors: SW_EINVAL, names the option. */
SW_NODISCARD sw_code sw_engine_args_resolve(const sw_engine_args *args, sw_engine_options *out, sw_err *err);

#endif
