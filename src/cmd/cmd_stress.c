/* cmd_stress.c - `spillway stress`: suites and scenarios of the stress protocol against a server or models. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cmd/args.h"
#include "cmd/bench_command.h"
#include "cmd/cmd.h"
#include "cmd/output_width.h"
#include "cmd/stress_print.h"
#include "cmd/terminal.h"
#include "report/report.h"
#include "stress/stress_suites.h"
#include "stress/stress_task.h"

/* The command line as it was parsed. */
typedef struct stress_args {
    bench_args bench;
    arg_strings suites, scenarios, files;
    const char *duration; // NULL: not given
    double scale;
    bool is_list;
} stress_args;

/* ---- arguments --------------------------------------------------------------------------------------------------- */

static int parse_rows(stress_args *s, int argc, char **argv)
{
    bench_args *const a = &s->bench;
    // clang-format off
    const arg_row rows[] = {
        BENCH_TARGET_ROWS(a),
        {"suite", NULL, ARG_STRINGS, &s->suites, 0, 0, "NAME", "run this suite; several times for several (default: all suites)"},
        {"scenario", NULL, ARG_STRINGS, &s->scenarios, 0, 0, "NAME", "run this scenario"},
        {"protocol", NULL, ARG_STRINGS, &s->files, 0, 0, "FILE", "run the suite or scenario of this file, or judge by its criteria; a folder: of all its .json files"},
        {"list", NULL, ARG_FLAG, &s->is_list, 0, 0, NULL, "list suites and scenarios with their stages and times, and criteria with their bounds; run nothing"},
        {"duration", NULL, ARG_STRING, &s->duration, 0, 0, "T", "how long stages ask that ask for a time, such as 90s, 10m or 8h"},
        {"scale", NULL, ARG_DOUBLE, &s->scale, 1e-6, 1000, "F", "of the numbers of requests and of durations: 0.1 is a tenth (default: 1)"},
        BENCH_STORE_ROWS(a),
        BENCH_OUTPUT_ROWS(a),
    };
    // clang-format on
    const arg_list args = {
        .command = "stress",
        .usage = "(MODEL... | --model-dirs DIRS | --serve MODEL | --url URL | --resume DIR | --list) [OPTIONS] [-- "
                 "OPTIONS OF SERVE]",
        .description =
            "Runs suites of the stress protocol: each is a list of stages, and a stage is one way of asking, such as "
            "eight sessions side by side or prompts of growing length.  Every answer is stored when it ends, with the "
            "time of each token and samples of memory; --resume continues a run that was stopped or killed.\n\n"
            "Exit code: 0 all requests completed, 1 the run broke off, 2 usage, 3 a request or a criterion failed, 4 "
            "the run is invalid or says too little, 130 after Ctrl-C.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .max_positional = BENCH_POSITIONAL_MAX,
    };
    return args_parse(&args, argc, argv, a->positional, &a->n_positional);
}

static int usage_error(const char *message)
{
    fprintf(stderr, "spillway stress: %s\n", message);
    return CMD_EXIT_USAGE;
}

/* "90", "90s", "10m" or "8h" in seconds; negative for anything else. */
static double read_duration(const char *text)
{
    char *end;
    const double x = strtod(text, &end);
    const double unit = strcmp(end, "") == 0 || strcmp(end, "s") == 0 ? 1
                        : strcmp(end, "m") == 0                       ? 60
                        : strcmp(end, "h") == 0                       ? 3600
                                                                      : -1;
    return end != text && x >= 0 && x * unit >= 1 && x * unit <= 30 * 24 * 3600.0 ? x * unit : -1;
}

/* The exit code of a usage error, or -1. */
static int read_choice(const stress_args *s, stress_choice *out)
{
    const bool has_choice = s->suites.n + s->scenarios.n + s->files.n > 0 || s->duration != NULL || s->scale != 1;
    *out = (stress_choice){.suites = s->suites.values,
                           .n_suites = s->suites.n,
                           .scenarios = s->scenarios.values,
                           .n_scenarios = s->scenarios.n,
                           .files = s->files.values,
                           .n_files = s->files.n,
                           .scale = s->scale};
    if (s->bench.resume != NULL && has_choice)
        return usage_error("--resume has the suites, the scale and the duration of its run; none can be given");
    if (s->duration != NULL)
        out->duration_s = read_duration(s->duration);
    return out->duration_s >= 0 ? -1 : usage_error("--duration takes a time from 1s to 720h, such as 90s, 10m or 8h");
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

/* Prints the chosen suites, and their criteria at the end of a list. */
static sw_code print_chosen(const stress_choice *choice, bool is_last, sw_err *err)
{
    stress_protocol *p;
    const sw_code code = stress_protocol_choose(&p, choice, err);
    if (code != SW_OK)
        return code;
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    stress_put_list(&text, p, output_width(STDOUT_FILENO));
    if (is_last) {
        buf_putc(&text, '\n');
        stress_put_criteria(&text, &p->criteria, output_width(STDOUT_FILENO));
    }
    fwrite(buf_str(&text), 1, text.size, stdout); // cmd_main reports a failure
    buf_free(&text);
    stress_protocol_free(p);
    return SW_OK;
}

static int print_list(const stress_choice *choice)
{
    const char *names[STRESS_SUITES_MAX];
    stress_choice scenarios = {.scenarios = names, .scale = choice->scale, .duration_s = choice->duration_s};
    sw_err err = {0};
    for (size_t i = 0; i < N_STRESS_SUITES; i++) {
        if (STRESS_SUITES[i].is_scenario)
            names[scenarios.n_scenarios++] = STRESS_SUITES[i].name;
    }
    const bool is_all = choice->n_suites + choice->n_scenarios + choice->n_files == 0;
    sw_code code = print_chosen(choice, !is_all, &err);
    if (code == SW_OK && is_all) {
        printf("\n");
        code = print_chosen(&scenarios, true, &err);
    }
    return code == SW_OK ? CMD_EXIT_OK : cmd_fail("stress", &err);
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static int run(stress_args *s, const stress_choice *choice, int argc, char **argv)
{
    stress_task state;
    const bench_task task = stress_task_begin(&state, choice);
    const bench_command command = {
        .name = "stress", .task = &task, .put_text = stress_put_text, .put_json = stress_put_json};
    const int status = bench_command_run(&command, &s->bench, argc, argv);
    stress_task_end(&state);
    return status;
}

/* The arguments hold a path for every model, which is much for a stack. */
int cmd_stress(int argc, char **argv)
{
    stress_choice choice;
    stress_args *const s = mem_calloc(1, sizeof *s);
    if (s == NULL)
        return cmd_fail("stress", &(sw_err){.code = SW_ENOMEM, .msg = "out of memory"});
    s->bench = bench_args_begin("stress");
    s->scale = 1;
    int status = parse_rows(s, argc, argv);
    if (status < 0)
        status = read_choice(s, &choice);
    if (status < 0 && s->is_list)
        status = print_list(&choice);
    if (status < 0) {
        bench_args_count(&s->bench, argc, argv);
        status = bench_args_check(&s->bench);
    }
    if (status < 0)
        status = run(s, &choice, argc, argv);
    mem_free(s);
    return status;
}
