/* cmd_bench.c - `spillway bench`: run the streaming benchmark against a server and leave a report. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/escape.h"
#include "base/rng.h"
#include "cmd/args.h"
#include "cmd/bench_display.h"
#include "cmd/bench_self_test.h"
#include "cmd/cmd.h"
#include "cmd/output_width.h"
#include "cmd/terminal.h"
#include "figures/run_status.h"
#include "report/report.h"
#include "suite/bench.h"

enum {
    SERVE_OPTIONS_MAX = 64,
    COMMAND_BYTES_MAX = 65536,
    MESSAGE_BYTES_MAX = 16384,
    EXIT_TERMINATED = 143
}; // 143: 128 + SIGTERM

/* The command line as it was parsed; texts are those of argv. */
typedef struct bench_args {
    const char *url, *serve, *model, *protocol, *out, *db, *resume, *api_key, *color;
    double pause_s, connect_timeout_s, first_token_timeout_s, idle_timeout_s, test_timeout_s;
    long n_repeats, server_pid;
    bool json, quiet, no_report, self_test;
} bench_args;

/* ---- signals ---------------------------------------------------------------------------------------------------- */

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

/* ---- command line ----------------------------------------------------------------------------------------------- */

/* Appends one word, quoted for a shell if it must be. */
static void put_word(buf *out, const char *word)
{
    static const char SAFE[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:=,@%+";
    if (word[0] != '\0' && strspn(word, SAFE) == strlen(word)) {
        buf_puts(out, word);
        return;
    }
    buf_putc(out, '\'');
    for (const char *p = word; *p != '\0'; p++) {
        if (*p == '\'')
            buf_puts(out, "'\\''");
        else
            buf_putc(out, *p);
    }
    buf_putc(out, '\'');
}

/* The command line as it was typed, without the API key: reports are passed on. */
static void describe_command(buf *out, int argc, char **argv)
{
    buf_puts(out, "spillway");
    for (int i = 0; i < argc; i++) {
        const bool is_key = strncmp(argv[i], "--api-key", 9) == 0;
        if (is_key && argv[i][9] == '\0')
            i++; // and its value
        if (is_key)
            continue;
        buf_putc(out, ' ');
        put_word(out, argv[i]);
    }
}

/* One line and the exit code of wrong usage. */
static int usage_error(const char *message)
{
    fprintf(stderr, "spillway bench: %s\n", message);
    return CMD_EXIT_USAGE;
}

/* The exit code of a usage error, or -1 if the arguments are good. */
static int check_args(const bench_args *a, int argc, char **argv, const char *const *positional, size_t n_positional)
{
    int dashes = 1;
    while (dashes < argc && strcmp(argv[dashes], "--") != 0)
        dashes++;
    const size_t n_after = dashes < argc ? (size_t)(argc - dashes - 1) : 0;
    if (n_after != n_positional)
        return usage_error("unexpected argument before \"--\"; only the options of the server of --serve follow it");
    if (n_positional > 0 && a->serve == NULL)
        return usage_error("options after \"--\" are for the server of --serve, but there is no --serve");
    for (size_t i = 0; i < n_positional; i++) {
        if (strncmp(positional[i], "--api-key", 9) == 0)
            return usage_error(
                "a server of --serve needs no --api-key: its options are stored with the run, and keys must not be");
    }
    if (a->url != NULL && a->serve != NULL)
        return usage_error("--url and --serve cannot be combined");
    if (a->server_pid != 0 && a->serve != NULL)
        return usage_error("--server-pid is for a server of --url; that of --serve is known");
    if (a->self_test && (a->url != NULL || a->serve != NULL || a->resume != NULL))
        return usage_error("--self-test measures a server of its own: no --url, --serve or --resume");
    if (a->url == NULL && a->serve == NULL && a->resume == NULL && !a->self_test)
        return usage_error("give a server with --url, or a model with --serve");
    if (a->resume != NULL && (a->out != NULL || a->protocol != NULL))
        return usage_error(
            "--resume uses the folder and the protocol of its run; --out and --protocol cannot be given");
    return -1;
}

/* The exit code if the command ends here (help, a usage error), or -1. */
static int parse(bench_args *a, int argc, char **argv, const char **serve_options, size_t *n_serve_options)
{
    const arg_row rows[] = {
        {"url", NULL, ARG_STRING, &a->url, 0, 0, "URL", "a running OpenAI-compatible server, such as localhost:11435"},
        {"serve", NULL, ARG_STRING, &a->serve, 0, 0, "MODEL", "start a server with this model file for the benchmark"},
        {"model", "-m", ARG_STRING, &a->model, 0, 0, "NAME", "model to use (default: the first that the server lists)"},
        {"api-key", NULL, ARG_STRING, &a->api_key, 0, 0, "KEY", "sent to the server, never stored"},
        {"protocol", NULL, ARG_STRING, &a->protocol, 0, 0, "FILE",
         "prompts to send (default: the nine built-in tests)"},
        {"pause", NULL, ARG_DOUBLE, &a->pause_s, 0, 3600, "S", "seconds between tests (default: the protocol's, 5)"},
        {"repeat", NULL, ARG_INT, &a->n_repeats, 1, BENCH_REPEATS_MAX, "N", "run all tests N times"},
        {"out", "-o", ARG_STRING, &a->out, 0, 0, "DIR", "folder of the results (default: results/TIME-MODEL)"},
        {"db", NULL, ARG_STRING, &a->db, 0, 0, "FILE", "store of the results (default: results.sqlite in the folder)"},
        {"resume", NULL, ARG_STRING, &a->resume, 0, 0, "DIR", "continue the run in this folder"},
        {"connect-timeout", NULL, ARG_DOUBLE, &a->connect_timeout_s, 0.1, 3600, "S",
         "limit for opening a connection (default: 10)"},
        {"first-token-timeout", NULL, ARG_DOUBLE, &a->first_token_timeout_s, 0.1, 86400, "S",
         "limit for the first token of an answer (default: 600)"},
        {"idle-timeout", NULL, ARG_DOUBLE, &a->idle_timeout_s, 0.1, 86400, "S",
         "limit between two tokens (default: 120)"},
        {"test-timeout", NULL, ARG_DOUBLE, &a->test_timeout_s, 0.1, 86400, "S",
         "limit for a whole test (default: 3600)"},
        {"server-pid", NULL, ARG_INT, &a->server_pid, 1, INT_MAX, "PID",
         "process of the server of --url, to measure its memory (default: the one that listens on the port, if it is "
         "known as a model server)"},
        {"self-test", NULL, ARG_FLAG, &a->self_test, 0, 0, NULL,
         "measure answers whose times are known: the error of each figure, and the client's own CPU time"},
        {"json", NULL, ARG_FLAG, &a->json, 0, 0, NULL, "print one JSON document instead of the table"},
        COLOR_ARG_ROW(a->color),
        {"quiet", "-q", ARG_FLAG, &a->quiet, 0, 0, NULL, "show no progress"},
        {"no-report", NULL, ARG_FLAG, &a->no_report, 0, 0, NULL,
         "store the results, but write no report.md and report.html"},
    };
    const arg_list args = {
        .command = "bench",
        .usage = "(--url URL | --serve MODEL | --resume DIR) [OPTIONS] [-- OPTIONS OF SERVE]",
        .description =
            "Sends the prompts of a protocol to a server, one after another, records when every token arrives,\n"
            "and writes the measurements, report.md and report.html to a folder.  --resume continues a run that\n"
            "was stopped.  Exit code: 0 all tests completed, 1 the run broke off, 2 usage, 3 a test failed,\n"
            "4 no test completed, 130 after Ctrl-C.",
        .rows = rows,
        .n_rows = sizeof rows / sizeof rows[0],
        .max_positional = SERVE_OPTIONS_MAX,
    };
    const int status = args_parse(&args, argc, argv, serve_options, n_serve_options);
    return status >= 0 ? status : check_args(a, argc, argv, serve_options, *n_serve_options);
}

/* ---- results ---------------------------------------------------------------------------------------------------- */

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
static sw_code print_results(const bench_args *a, const run_analysis *analysis, sw_err *err)
{
    buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    sw_code code = SW_OK;
    if (a->json)
        code = report_json(&text, analysis, err);
    else
        report_text(&text, analysis, output_width(STDOUT_FILENO));
    if (code == SW_OK)
        fwrite(buf_str(&text), 1, text.size, stdout);
    buf_free(&text);
    return code;
}

/* Prints and writes the results, complete or not; returns the exit code. */
static int conclude(const bench_args *a, bench_session *bench, sw_code outcome)
{
    sw_err err = {0};
    run_record *run;
    if (outcome == SW_EUNSUPPORTED) // nothing was measured, and resuming would be refused again
        return CMD_EXIT_INVALID;
    if (bench_load(bench, &run, &err) != SW_OK)
        return cmd_fail("bench", &err);
    run_analysis analysis;
    sw_code code = run_analysis_of(run, &analysis, &err);
    if (code == SW_OK && run->n_tests > 0)
        code = print_results(a, &analysis, &err);
    if (code == SW_OK && !a->no_report)
        code = report_write(&analysis, bench_dir(bench), entropy_system(), &err);
    const int status = code == SW_OK ? exit_code_of(&analysis, outcome) : cmd_fail("bench", &err);
    if (code == SW_OK && !a->quiet) {
        if (!a->no_report)
            fprintf(stderr, "\nreport: %s/report.html\n", bench_dir(bench));
        if (outcome != SW_OK)
            fprintf(stderr, "continue with: spillway bench --resume %s%s%s\n", bench_dir(bench),
                    a->db != NULL ? " --db " : "", a->db != NULL ? a->db : "");
    }
    run_analysis_free(&analysis);
    run_record_free(run);
    return status;
}

/* The views in the result are into `a`, serve_options and `command`, and outlive the benchmark. */
static bench_options options_of(const bench_args *a, const char *const *serve_options, size_t n_serve_options,
                                const char *command)
{
    return (bench_options){
        .url = a->url,
        .serve = a->serve,
        .serve_options = serve_options,
        .n_serve_options = n_serve_options,
        .model = a->model,
        .api_key = a->api_key,
        .protocol_path = a->protocol,
        .dir = a->resume != NULL ? a->resume : a->out,
        .db_path = a->db,
        .pause_s = a->pause_s,
        .n_repeats = (int)a->n_repeats,
        .connect_timeout_s = a->connect_timeout_s,
        .first_token_timeout_s = a->first_token_timeout_s,
        .idle_timeout_s = a->idle_timeout_s,
        .test_timeout_s = a->test_timeout_s,
        .server_pid = a->server_pid,
        .resume = a->resume != NULL,
        .command = command,
        .clock = clock_system(),
        .cancel = &must_stop,
    };
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

/* Runs the benchmark and reports it; returns the exit code. */
static int run(const bench_args *a, const bench_options *options)
{
    sw_err err = {0};
    bench_session *bench;
    sw_code code = bench_open(&bench, options, &err);
    if (code != SW_OK)
        return code == SW_ECANCELED ? exit_code_of_signal() : cmd_fail("bench", &err);
    if (!a->quiet && bench_memory_note(bench)[0] != '\0')
        print_message("the server's memory is not measured: ", bench_memory_note(bench));
    bench_display display;
    bench_display_init(&display, options->clock, a->quiet);
    code = bench_run(bench, bench_display_update, &display, &err);
    bench_display_clear(&display);
    if (code != SW_OK)
        print_message("spillway bench: ", err.msg);
    const int status = conclude(a, bench, code);
    bench_close(bench);
    return status;
}

/* Only here are the system's clock and random numbers chosen. */
int cmd_bench(int argc, char **argv)
{
    bench_args a = {.pause_s = -1,
                    .connect_timeout_s = 10,
                    .first_token_timeout_s = 600,
                    .idle_timeout_s = 120,
                    .test_timeout_s = 3600,
                    .n_repeats = 1};
    const char *serve_options[SERVE_OPTIONS_MAX];
    size_t n_serve_options;
    int status = parse(&a, argc, argv, serve_options, &n_serve_options);
    if (status >= 0)
        return status;
    if (a.self_test)
        return bench_self_test(a.json);
    sw_err err = {0};
    if (terminal_choose_color(a.color, &err) != SW_OK)
        return cmd_fail("bench", &err);
    catch_signals();
    buf command;
    buf_init(&command, COMMAND_BYTES_MAX);
    describe_command(&command, argc, argv);
    const bench_options options = options_of(&a, serve_options, n_serve_options, buf_str(&command));
    status = run(&a, &options);
    buf_free(&command);
    return status;
}
