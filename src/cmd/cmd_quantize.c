/* cmd_quantize.c - `spillway quantize`: rewrites a model with other weight types.
 *
 * What it replaces and what it loses is said: an existing file needs --force, a file of the model itself is never
 * replaced, and the sizes and the loss are printed on standard error.
 */
#include <stdio.h>

#include "base/limits.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/output_file.h"
#include "cmd/progress.h"
#include "spillway.h"

/* "IN, 12.3 MB, to OUT, 4.1 MB (33.3%)", and what the weights lost. */
static void print_summary(const char *in, const char *out, const sw_quantize_summary *s)
{
    const double mb = 1e6, share = s->bytes_in > 0 ? (double)s->bytes_out * 100 / (double)s->bytes_in : 0;
    cmd_print_safe(stderr, in);
    fprintf(stderr, ", %.2f MB, to ", (double)s->bytes_in / mb);
    cmd_print_safe(stderr, out);
    fprintf(stderr, ", %.2f MB (%.1f%%)\nloss: ", (double)s->bytes_out / mb, share);
    if (s->loss == 0) {
        fputs("none\n", stderr);
        return;
    }
    fprintf(stderr, "%.3g%% of a typical weight (root mean square)", 100 * s->loss);
    for (int c = 0; c < SW_N_CLASSES; c++) {
        if (s->loss_by_class[c] > 0)
            fprintf(stderr, "; %s %.3g%%", sw_tensor_class_name((sw_tensor_class)c), 100 * s->loss_by_class[c]);
    }
    fputc('\n', stderr);
}

/* Converts, with a progress line; returns the exit code. */
static int quantize(const char *in, const char *out, sw_quantize_options o, bool force, bool quiet)
{
    progress_line progress;
    progress_init(&progress, "quantizing", NULL, quiet);
    sw_quantize_summary summary;
    o.summary = &summary;
    o.on_progress = progress_on_bytes;
    o.ud = &progress;
    sw_err err = {0};
    sw_code code = output_file_check(out, in, force, &err);
    if (code == SW_OK)
        code = sw_quantize(in, out, &o, &err);
    progress_finish(&progress);
    if (code != SW_OK)
        return cmd_fail("quantize", &err);
    if (!quiet)
        print_summary(in, out, &summary);
    return CMD_EXIT_OK;
}

int cmd_quantize(int argc, char **argv)
{
    sw_quantize_options o = {0};
    long n_threads = 0;
    bool quiet = false, force = false;
    const arg_row rows[] = {
        {"experts", NULL, ARG_STRING, &o.experts, 0, 0, "TYPE", "type of routed experts (default: TYPE)"},
        {"attention", NULL, ARG_STRING, &o.attention, 0, 0, "TYPE", "type of attention matrices (default: TYPE)"},
        {"embedding", NULL, ARG_STRING, &o.embedding, 0, 0, "TYPE",
         "type of the token embedding and the output head (default: TYPE)"},
        {"threads", "-t", ARG_INT, &n_threads, 1, LIMIT_THREADS, "N", "compute threads (default: one per core)"},
        FORCE_ARG_ROW(force),
        {"quiet", "-q", ARG_FLAG, &quiet, 0, 0, NULL, "show no progress, sizes and loss"},
    };
    const arg_list args = {
        .command = "quantize",
        .usage = "IN OUT TYPE [--experts TYPE] [--attention TYPE] [--embedding TYPE] [--force]",
        .description =
            "Rewrites a model with other weight types: F32, F16, BF16, Q8_0, Q4_0, Q5_0, MXFP4, Q4_K, Q5_K, Q6_K.\n"
            "Norms, biases and routers keep their types.  A matrix whose rows are no multiple of a type's block gets\n"
            "a type that fits.  OUT appears only when it is complete; a file of the model IN is never replaced.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 3,
        .max_positional = 3,
        .model = ARG_MODEL_BY_NAME,
    };
    const char *positional[3];
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, positional, &n_positional);
    if (status >= 0)
        return status;
    o.type = positional[2];
    o.n_threads = (int)n_threads;
    return quantize(positional[0], positional[1], o, force, quiet);
}
