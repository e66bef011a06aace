/* cmd.c - the table of commands, the program's own help, and `spillway limits`. */
#include "cmd/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "cmd/args.h"
#include "spillway.h"

/* In the order of `spillway --help`: what users need first.  A command is a row here and its file cmd_NAME.c. */
static const cmd COMMANDS[] = {
    {"run", cmd_run, "ask a model one question, or chat on the terminal"},
    {"serve", cmd_serve, "serve models over an OpenAI-compatible HTTP interface"},
    {"bench", cmd_bench, "run the streaming benchmark against a server, write a report"},
    {"report", cmd_report, "write the report of a stored benchmark run again"},
    {"inspect", cmd_inspect, "show what a model file contains"},
    {"tokenize", cmd_tokenize, "print the token ids of the text on standard input"},
    {"logits", cmd_logits, "write the logits of a token sequence, for parity checks"},
    {"synth", cmd_synth, "write a model with true dimensions and random weights"},
    {"perf", cmd_perf, "measure how fast a model runs here, and what limits it"},
    {"quantize", cmd_quantize, "rewrite a model with other weight types"},
    {"limits", cmd_limits, "list every limit of the program"},
};

/* The program's own help: standard output if it was asked for, standard error after a mistake. */
static void print_usage(FILE *to)
{
    fprintf(to,
            "spillway %s - runs Mixture-of-Experts models that do not fit the GPU, serves\n"
            "them, and measures what that costs\n\n"
            "usage: spillway COMMAND [ARGUMENTS]\n\n",
            SPILLWAY_VERSION);
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++)
        fprintf(to, "  %-10s %s\n", COMMANDS[i].name, COMMANDS[i].summary);
    fprintf(to, "\n'spillway COMMAND --help' lists the options of a command.\n");
}

/* Why standard output cannot be written.  If the failure is an earlier one, errno has changed since: writing one more
 * character finds the reason again, on a full device for example. */
static const char *output_error(int flush_errno)
{
    if (flush_errno != 0)
        return strerror(flush_errno);
    clearerr(stdout);
    errno = 0;
    return putchar('\n') == EOF || fflush(stdout) != 0 ? strerror(errno) : "a part of it was lost";
}

/* Runs a command.  One whose output could not be written has failed. */
static int run_command(const cmd *command, int argc, char **argv)
{
    const int exit_code = command->run(argc, argv);
    const int flush_errno = fflush(stdout) == 0 ? 0 : errno;
    if (flush_errno == 0 && !ferror(stdout))
        return exit_code;
    fprintf(stderr, "spillway %s: standard output cannot be written: %s\n", command->name, output_error(flush_errno));
    return exit_code == CMD_EXIT_OK ? CMD_EXIT_FAILURE : exit_code;
}

int cmd_main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return CMD_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return CMD_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        printf("spillway %s\n", SPILLWAY_VERSION);
        return CMD_EXIT_OK;
    }
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        if (strcmp(argv[1], COMMANDS[i].name) == 0)
            return run_command(&COMMANDS[i], argc - 1, argv + 1);
    }
    fprintf(stderr, "spillway: unknown command '%s'; 'spillway --help' lists the commands\n", argv[1]);
    return CMD_EXIT_USAGE;
}

int cmd_fail(const char *command, const sw_err *err)
{
    buf message; // names in it may come from a hostile file
    buf_init(&message, 16 * (size_t)SW_ERR_MSG_BYTES);
    escape_terminal(&message, err->msg, strlen(err->msg));
    fprintf(stderr, "spillway %s: %s\n", command, buf_str(&message));
    buf_free(&message);
    return err->code == SW_EINVAL ? CMD_EXIT_USAGE : CMD_EXIT_FAILURE;
}

int cmd_limits(int argc, char **argv)
{
    const arg_list args = {
        .command = "limits",
        .usage = "",
        .description = "Prints every limit of the program: name, value, unit, reason.  docs/limits.md says what\n"
                       "happens at each."};
    size_t n;
    const int status = args_parse(&args, argc, argv, NULL, &n);
    if (status >= 0)
        return status;
    const sw_limit *const rows = sw_limits(&n);
    for (size_t i = 0; i < n; i++)
        printf("%-24s %12llu %-12s %s\n", rows[i].name, (unsigned long long)rows[i].value, rows[i].unit, rows[i].why);
    return CMD_EXIT_OK;
}
