/* cmd.c - the table of commands, and the program's own help. */
#include "cmd/cmd.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/nearest.h"
#include "spillway.h"

/* In the order of `spillway --help`: what users need first.  A command is a row here and its file cmd_NAME.c. */
static const cmd COMMANDS[] = {
    {"run", cmd_run, "ask a model one question, or chat on the terminal"},
    {"serve", cmd_serve, "serve models to clients of OpenAI, Anthropic and Ollama"},
    {"bench", cmd_bench, "run the streaming benchmark against a server, write a report"},
    {"stress", cmd_stress, "run the stress protocol against a server, write a report"},
    {"report", cmd_report, "write the report of a stored benchmark run again"},
    {"protocol", cmd_protocol, "check benchmark protocols, print the built-in one"},
    {"runs", cmd_runs, "list, show, export, delete and merge stored benchmark runs"},
    {"compare", cmd_compare, "compare two stored benchmark runs, find regressions"},
    {"baseline", cmd_baseline, "keep benchmark runs under names, to compare others with"},
    {"trend", cmd_trend, "show how the figures of stored runs change from run to run"},
    {"monitor", cmd_monitor, "show and record what a server uses while it runs"},
    {"inspect", cmd_inspect, "show what a model file contains"},
    {"plan", cmd_plan, "show what memory a model takes, and whether it fits"},
    {"devices", cmd_devices, "list the GPUs that models can be on, or why there is none"},
    {"tokenize", cmd_tokenize, "print the token ids of the text on standard input"},
    {"logits", cmd_logits, "write the logits of a token sequence, for parity checks"},
    {"parity", cmd_parity, "compare the logits of two placements, instruction sets or builds"},
    {"experts", cmd_experts, "show what a cache of experts would bring, from a trace"},
    {"synth", cmd_synth, "write a model with true dimensions and random weights"},
    {"perf", cmd_perf, "measure how fast a model runs here, and what limits it"},
    {"quantize", cmd_quantize, "rewrite a model with other weight types"},
    {"limits", cmd_limits, "list every limit of the program"},
    {"completions", cmd_completions, "print the completions for bash, zsh or fish"},
    {"man", cmd_man, "print a man page"},
};

static const cmd NESTED[] = {
    {"bench review", cmd_bench_review, "take a person's scores of the answers of a run"},
};

enum { N_COMMANDS = sizeof COMMANDS / sizeof COMMANDS[0], N_NESTED = sizeof NESTED / sizeof NESTED[0] };

const cmd *cmd_table(size_t *n_out)
{
    *n_out = N_COMMANDS;
    return COMMANDS;
}

const cmd *cmd_nested(size_t *n_out)
{
    *n_out = N_NESTED;
    return NESTED;
}

const cmd *cmd_find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(name, COMMANDS[i].name) == 0)
            return &COMMANDS[i];
    }
    for (size_t i = 0; i < N_NESTED; i++) {
        if (strcmp(name, NESTED[i].name) == 0)
            return &NESTED[i];
    }
    return NULL;
}

/* The program's own help: standard output if it was asked for, standard error after a mistake. */
static void print_usage(FILE *to)
{
    fprintf(to,
            "spillway %s - runs Mixture-of-Experts models that do not fit the GPU, serves\n"
            "them, and measures what that costs\n\n"
            "usage: spillway COMMAND [ARGUMENTS]\n\n",
            SPILLWAY_VERSION);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(to, "  %-11s %s\n", COMMANDS[i].name, COMMANDS[i].summary);
    fprintf(to, "\n'spillway COMMAND --help' or 'spillway help COMMAND' lists the options of a command.\n");
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

/* The command of this name.  If there is none, an error on standard error names the nearest, and NULL is returned. */
static const cmd *need_command(const char *name)
{
    nearest near = {.word = name};
    const cmd *const found = cmd_find(name);
    if (found != NULL)
        return found;
    for (size_t i = 0; i < N_COMMANDS; i++)
        nearest_offer(&near, COMMANDS[i].name);
    fputs("spillway: unknown command '", stderr);
    cmd_print_safe(stderr, name);
    if (near.found != NULL)
        fprintf(stderr, "'; did you mean '%s'? 'spillway --help' lists the commands\n", near.found);
    else
        fputs("'; 'spillway --help' lists the commands\n", stderr);
    return NULL;
}

/* `spillway help COMMAND`, and `spillway help COMMAND WITHIN`. */
static int help_command(const char *name, const char *within)
{
    char word[64], help[] = "--help";
    snprintf(word, sizeof word, "%s %s", name, within);
    const cmd *const command = within[0] != '\0' && cmd_find(word) != NULL ? cmd_find(word) : need_command(name);
    if (command == NULL)
        return CMD_EXIT_USAGE;
    snprintf(word, sizeof word, "%s", command->name);
    char *argv[] = {word, help, NULL};
    return run_command(command, 2, argv);
}

int cmd_main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return CMD_EXIT_USAGE;
    }
    const bool is_help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0;
    if (is_help && argc > 2)
        return help_command(argv[2], argc > 3 ? argv[3] : "");
    if (is_help) {
        print_usage(stdout);
        return CMD_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        printf("spillway %s\n", SPILLWAY_VERSION);
        return CMD_EXIT_OK;
    }
    const cmd *const command = need_command(argv[1]);
    return command != NULL ? run_command(command, argc - 1, argv + 1) : CMD_EXIT_USAGE;
}
