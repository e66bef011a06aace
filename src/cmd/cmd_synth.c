/* cmd_synth.c - `spillway synth`: writes a model with true dimensions and random weights, for measuring speed. */
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/output_file.h"
#include "cmd/progress.h"
#include "spillway.h"

int cmd_synth(int argc, char **argv)
{
    long n_layers = 0, n_vocab = 0, seed = 0;
    bool quiet = false, force = false;
    const arg_row rows[] = {
        {"layers", NULL, ARG_INT, &n_layers, 1, 1000, "N", "write only the first N layers (default: all)"},
        {"vocab", NULL, ARG_INT, &n_vocab, 1, 1e7, "N", "size of the vocabulary (default: the model's)"},
        {"seed", NULL, ARG_INT, &seed, 0, 1e18, "S", "seed of the random numbers (default: 0)"},
        FORCE_ARG_ROW(force),
        {"quiet", "-q", ARG_FLAG, &quiet, 0, 0, NULL, "show no progress"},
    };
    const arg_list args = {
        .command = "synth",
        .usage = "PRESET [--layers N] [--vocab N] [--seed S] [--force] OUT",
        .description =
            "Writes a model with the true dimensions of a known one and random, well-behaved weights, to measure\n"
            "speed without the real weights.  An unknown PRESET lists all presets.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .min_positional = 2,
        .max_positional = 2,
    };
    const char *positional[2];
    size_t n_positional;
    const int status = args_parse(&args, argc, argv, positional, &n_positional);
    if (status >= 0)
        return status;
    progress_line progress;
    progress_init(&progress, "writing", NULL, quiet);
    const sw_synth_options options = {.preset = positional[0],
                                      .n_layers = (int)n_layers,
                                      .n_vocab = (int)n_vocab,
                                      .seed = (uint64_t)seed,
                                      .on_progress = progress_on_bytes,
                                      .ud = &progress};
    sw_err err = {0};
    sw_code code = output_file_check(positional[1], NULL, force, &err);
    if (code == SW_OK)
        code = sw_synth(&options, positional[1], &err);
    progress_finish(&progress);
    return cmd_end("synth", code, &err);
}
