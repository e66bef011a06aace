/* engine_args.h - the options of every command that loads a model, written once: rows for the command's table, and the
 * engine options that they stand for. */
#ifndef CMD_ENGINE_ARGS_H
#define CMD_ENGINE_ARGS_H

#include <stddef.h>

#include "base/limits.h"
#include "spillway.h"

/* Values of the options.  Zero is valid: every number 0 and every string NULL means the default. */
typedef struct engine_args {
    long n_threads, n_ctx, n_batch, n_cpu_moe;
    bool cpu_moe, is_strict;
    const char *vram;             // a size or "auto", or a list of them; NULL: "auto"
    const char *override_tensors; // NULL: none
    const char *mask_experts;     // NULL: none
    const char *devices;          // devices, "none" or "auto"; NULL: "auto"
    const char *device_check;     // NULL: "auto"
    const char *gpu_layers;       // a number, "all" or "auto"; NULL: "auto"
    const char *stream_tokens;    // a number, "auto" or "off"; NULL: "auto"
    const char *expert_profile;   // a file; NULL: none
    const char *expert_cache;     // a size, "auto", "all" or "off"; NULL: "auto"
    const char *kv_type, *compat; // NULL: "f16", "original"
    const char *k_type, *v_type;  // llama.cpp's two options for kv_type; NULL: not given
    const char *date;             // NULL: today
} engine_args;

/* Rows for an array of arg_row; `e` is an engine_args, whose members the rows point to. */
// clang-format off
#define ENGINE_ARG_ROWS(e) \
    {"threads", "-t", ARG_INT, &(e).n_threads, 1, LIMIT_THREADS, "N", "compute threads (default: one per core)"}, \
    ENGINE_ARG_ROWS_BUT_THREADS(e)
#define ENGINE_ARG_ROWS_BUT_THREADS(e) \
    {"ctx-size", "-c", ARG_INT, &(e).n_ctx, 1, LIMIT_CTX_TOKENS, "N", "tokens that a sequence may hold (default: the model's context, at most 8192)"}, \
    {"batch", "-b --batch-size", ARG_INT, &(e).n_batch, 1, LIMIT_BATCH_TOKENS, "N", "prompt tokens evaluated at once, at most (default: 256)"}, \
    {"kv-type", NULL, ARG_STRING, &(e).kv_type, 0, 0, "f16|f32|q8_0", "type of cached keys and values; q8_0 takes about half the memory of f16 (default: f16)"}, \
    {"cache-type-k", "-ctk", ARG_STRING, &(e).k_type, 0, 0, "TYPE", "with --cache-type-v of the same type: as --kv-type"}, \
    {"cache-type-v", "-ctv", ARG_STRING, &(e).v_type, 0, 0, "TYPE", "with --cache-type-k of the same type: as --kv-type"}, \
    {"cpu-moe", "-cmoe", ARG_FLAG, &(e).cpu_moe, 0, 0, NULL, "keep the experts of all layers in RAM"}, \
    {"n-cpu-moe", "-ncmoe", ARG_INT, &(e).n_cpu_moe, 0, LIMIT_MODEL_LAYERS, "N", "keep the experts of the first N layers in RAM"}, \
    {"n-gpu-layers", "-ngl --gpu-layers", ARG_STRING, &(e).gpu_layers, 0, 0, "N|all|auto", "put the last N layers on the GPU (default: auto, what fits)"}, \
    {"devices", "-dev --device", ARG_STRING, &(e).devices, 0, 0, "DEVICE,...|none|auto", "the GPUs to use, \"cuda:0,cuda:1\": layers are split over them (default: auto, all that can be used)"}, \
    {"device-check", NULL, ARG_STRING, &(e).device_check, 0, 0, "auto|on|off", "whether the GPU must first compute some operations with this processor's bits (default: auto, unless it is emulated)"}, \
    {"vram", NULL, ARG_STRING, &(e).vram, 0, 0, "SIZE,...|auto", "VRAM that weights, keys and values, and working memory may fill, of each GPU \"6G\", or one by one \"6G,12G\" (default: auto, what is free)"}, \
    {"override-tensor", "-ot", ARG_STRING, &(e).override_tensors, 0, 0, "REGEX=DEVICE,...", "where the tensors are whose names match: CPU, GPU or a device, whatever the options above say; one expert is blk.3.expert.17"}, \
    {"stream-tokens", NULL, ARG_STRING, &(e).stream_tokens, 0, 0, "N|auto|off", "steps of at least N tokens, so prompts, bring experts from RAM to the GPU to compute them there (default: auto, measured)"}, \
    {"expert-profile", NULL, ARG_STRING, &(e).expert_profile, 0, 0, "FILE", "how often experts are used (spillway experts profile): the most used ones come to VRAM first"}, \
    {"expert-cache", NULL, ARG_STRING, &(e).expert_cache, 0, 0, "SIZE|auto|all|off", "VRAM for copies of the experts in RAM that are used most; all: what is left (default: auto, half of what experts would fill, where no option says which)"}, \
    {"mask-experts", NULL, ARG_STRING, &(e).mask_experts, 0, 0, "LAYER:EXPERT,...", "experts that no token uses, for experiments: the router chooses as if they did not exist; * is every layer"}, \
    {"strict", NULL, ARG_FLAG, &(e).is_strict, 0, 0, NULL, "refuse a placement option without effect (--cpu-moe, --n-cpu-moe, --n-gpu-layers, --vram, --override-tensor, --expert-profile, --expert-cache, --stream-tokens)"}, \
    {"compat", NULL, ARG_STRING, &(e).compat, 0, 0, "original|llama.cpp", "reference implementation to match where they differ (default: original)"}
// clang-format on

/* A row for the commands that chat. */
#define DATE_ARG_ROW(e)                                                                                                \
    {                                                                                                                  \
        "date", NULL, ARG_STRING, &(e).date, 0, 0, "YYYY-MM-DD",                                                       \
            "date given to models whose chat format includes one (default: today)"                                     \
    }

/* Converts values to *out.  Strings of `args` must outlive it.  What an option's file holds is kept by this module
 * until the next call.  Errors: SW_EINVAL (names the option), those of reading a file. */
SW_NODISCARD sw_code engine_args_resolve(const engine_args *args, sw_engine_options *out, sw_err *err);

/* Prints a warning on standard error if a placement option has no effect on this engine. */
void engine_args_warn(sw_engine *engine);

#endif
