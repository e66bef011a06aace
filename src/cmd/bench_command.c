/* bench_command.c - runs a session of the suite for a command, and prints and writes its results. */
#include "cmd/bench_command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/escape.h"
#include "base/rng.h"
#include "cmd/bench_display.h"
#include "cmd/cmd.h"
#include "cmd/output_width.h"
#include "cmd/terminal.h"
#include "figures/run_status.h"
#include "report/report.h"
#include "share/share.h"

enum { COMMAND_BYTES_MAX = 65536, MESSAGE_BYTES_MAX = 16384, EXIT_TERMINATED = 143 }; // 143: 128 + SIGTERM

/* ---- signals ----------------------------------------------------------------------------------------------------- */

// Set by the handler; everything that waits looks at must_stop ten times a second or more often.
static atomic_bool must_stop;
static volatile sig_atomic_t stop_signal; // for the exit code

/* The first signal ends the run after storing its results; with SA_RESETHAND a second one ends the process. */
static void on_signal(int number)
{
    stop_signal = number;
    atomic_store_explicit(&must_stop, true, memory_order_relaxed);
}

static void catch_signals(void)
{
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

/* 128 + the number of the signal, as shells have it. */
static int exit_code_of_signal(void)
{
    return stop_signal == SIGTERM ? EXIT_TERMINATED : CMD_EXIT_INTERRUPT;
}

/* A run that broke off is a failure of its own; else its status decides. */
static int exit_code_of(const run_analysis *analysis, sw_code outcome)
{
    if (outcome == SW_ECANCELED)
        return exit_code_of_signal();
    if (outcome != SW_OK)
        return CMD_EXIT_FAILURE;
    switch (run_status_from_name(analysis->run->info.status)) {
    case RUN_OK:
    case RUN_NOT_STEADY: return CMD_EXIT_OK;
    case RUN_FAILED_THRESHOLD:
    case RUN_REGRESSED: return CMD_EXIT_THRESHOLD;
    case RUN_INCONCLUSIVE:
    case RUN_INVALID: return CMD_EXIT_INVALID;
    default: return CMD_EXIT_FAILURE;
    }
}

/* The table, or the JSON document, on standard output. */
static sw_code print_results(const bench_command *c, const bench_args *a, const run_analysis *analysis, sw_err *err)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    sw_code code = SW_OK;
    if (a->json)
        code = c->put_json(&text, analysis, err);
    else
        c->put_text(&text, analysis, output_width(STDOUT_FILENO));
    if (code == SW_OK)
        fwrite(buf_str(&text), 1, text.size, stdout);
    fflush(stdout); // before what follows on standard error
    buf_free(&text);
    return code;
}

/* Returns true if tests or stages were planned that no session has run. */
static bool is_incomplete(const run_record *run)
{
    int n = 0;
    for (size_t i = 0; i < run->n_stages; i++) {
        if (!stage_is_over(run->stages[i].ending))
            return true;
    }
    for (size_t i = 0; i < run->n_tests; i++)
        n += !run->tests[i].is_warmup;
    return n < run->info.n_planned;
}

/* Prints and writes the results, complete or not; returns the exit code. */
static int conclude(const bench_command *c, const bench_args *a, bench_session *bench, sw_code outcome)
{
    sw_err err = {0};
    run_record *run;
    if (bench_load(bench, &run, &err) != SW_OK)
        return cmd_fail(c->name, &err);
    if (outcome == SW_EUNSUPPORTED && run->n_tests == 0) { // resuming would be refused again
        run_record_free(run);
        return CMD_EXIT_INVALID;
    }
    run_analysis analysis;
    sw_code code = run_analysis_of(run, &analysis, &err);
    if (code == SW_OK && run->n_tests > 0)
        code = print_results(c, a, &analysis, &err);
    if (code == SW_OK && !a->no_report)
        code = report_write(&analysis, bench_dir(bench), entropy_system(), &err);
    if (code == SW_OK && a->share != NULL)
        code = share_put(a->share, &analysis, &err);
    const int status = code == SW_OK ? exit_code_of(&analysis, outcome) : cmd_fail(c->name, &err);
    if (code == SW_OK && !a->quiet) {
        if (!a->no_report)
            fprintf(stderr, "\nreport: %s/report.html\n", bench_dir(bench));
        if (outcome != SW_OK || is_incomplete(run))
            fprintf(stderr, "continue with: spillway %s --resume %s%s%s\n", c->name, bench_dir(bench),
                    a->db != NULL ? " --db " : "", a->db != NULL ? a->db : "");
    }
    run_analysis_free(&analysis);
    run_record_free(run);
    return status;
}

/* One line on standard error, escaped: much of it comes from servers. */
static void print_message(const char *prefix, const char *message)
{
    buf text;
    buf_init(&text, MESSAGE_BYTES_MAX);
    escape_terminal(&text, message, strlen(message));
    fprintf(stderr, "%s%s\n", prefix, buf_str(&text));
    buf_free(&text);
}

/* Each line with this prefix. */
static void print_lines(const char *prefix, const char *lines)
{
    for (const char *line = lines; *line != '\0';) {
        char text[1024];
        const size_t n = strcspn(line, "\n");
        snprintf(text, sizeof text, "%.*s", (int)n, line);
        print_message(prefix, text);
        line += n + (line[n] == '\n');
    }
}

static void print_failure(const bench_command *c, const char *message)
{
    char prefix[64];
    snprintf(prefix, sizeof prefix, "spillway %s: ", c->name);
    print_message(prefix, message);
}

/* What a reader should know before the run. */
static void print_notes(bench_session *bench)
{
    print_lines("differs from the protocol: ", bench_differences(bench));
    print_lines("", bench_notes(bench));
    print_lines("the server's memory is not measured: ", bench_memory_note(bench));
}

/* Runs the session and reports it; returns the exit code. */
static int run(const bench_command *c, const bench_args *a, const bench_options *options)
{
    sw_err err = {0};
    bench_session *bench;
    sw_code code = bench_open(&bench, options, c->task, &err);
    if (code != SW_OK)
        return code == SW_ECANCELED ? exit_code_of_signal() : cmd_fail(c->name, &err);
    if (!a->quiet)
        print_notes(bench);
    bench_display display;
    bench_display_init(&display, options->clock, a->quiet);
    code = bench_run(bench, bench_display_update, &display, &err);
    bench_display_end(&display);
    if (code != SW_OK)
        print_failure(c, err.msg);
    const int status = conclude(c, a, bench, code);
    bench_close(bench);
    return status;
}

/* Only here are the system's clock and random numbers chosen. */
int bench_command_run(const bench_command *c, bench_args *a, int argc, char **argv)
{
    sw_err err = {0};
    if (terminal_choose_color(a->color, &err) != SW_OK)
        return cmd_fail(c->name, &err);
    catch_signals();
    buf command;
    bench_options options;
    buf_init(&command, COMMAND_BYTES_MAX);
    bench_args_describe(&command, argc, argv);
    sw_code code = bench_args_options(a, buf_str(&command), &options, &err);
    options.cancel = &must_stop;
    const int status = code == SW_OK ? run(c, a, &options) : cmd_fail(c->name, &err);
    buf_free(&command);
    return status;
}
