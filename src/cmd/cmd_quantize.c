/* cmd_quantize.c - `spillway quantize`: rewrites a model with other weight types. */
#include "base/limits.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "spillway.h"

int cmd_quantize(int argc, char **argv)
{
    sw_quantize_options o = {0};
    long n_threads = 0;
    bool quiet = false;
    const arg_row rows[] = {
        {"experts", NULL, ARG_STRING, &o.experts, 0, 0, "TYPE", "type of routed experts (default: TYPE)"},
        {"attention", NULL, ARG_STRING, &o.attention, 0, 0, "TYPE", "type of attention matrices (default: TYPE)"},
        {"embedding", NULL, ARG_STRING, &o.embedding, 0, 0, "TYPE",
         "type of the token embedding and the output head (default: TYPE)"},
        {"threads", "-t", ARG_INT, &n_threads, 1, LIMIT_THREADS, "N", "compute threads (default: one per core)"},
        {"quiet", "-q", ARG_FLAG, &quiet, 0, 0, NULL, "show no progress"},
    };
    const arg_list args = {
        .command = "quantize",
        .usage = "IN OUT TYPE [--experts TYPE] [--attention TYPE] [--embedding TYPE]",
        .description =
            "Rewrites a model with other weight types: F32, F16, BF16, Q8_0, Q4_0, Q5_0, MXFP4, Q4_K, Q5_K, Q6_K.\n"
            "Norms, biases and routers keep their types.  A matrix whose rows are no multiple of a type's block gets\n"
            "a type that fits.  OUT appears only when it is complete.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 3,
        .max_positional = 3,
    };
    const char *positional[3];
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, positional, &n_positional);
    if (status >= 0)
        return status;
    progress_line progress;
    progress_init(&progress, "quantizing", NULL, quiet);
    o.type = positional[2];
    o.n_threads = (int)n_threads;
    o.on_progress = progress_on_bytes;
    o.ud = &progress;
    sw_err err = {0};
    const sw_code code = sw_quantize(positional[0], positional[1], &o, &err);
    progress_finish(&progress);
    return code == SW_OK ? CMD_EXIT_OK : cmd_fail("quantize", &err);
}
