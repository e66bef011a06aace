/* cmd.h - the commands of the program.
 *
 * Each command is one file with one function: it parses its own arguments, prints results to standard output and
 * everything else to standard error, and returns an exit code.  Only this layer decides what ends the process.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stddef.h>

#include "cmd/cmd_error.h"
#include "cmd/exit_code.h"
#include "spillway/error.h"

/* argv[0] is the command's own name. */
typedef int (*cmd_fn)(int argc, char **argv);

typedef struct cmd {
    const char *name;
    cmd_fn run;
    const char *summary; // one line of `spillway --help` and of man pages
} cmd;

/* All commands, in the order of `spillway --help`. */
const cmd *cmd_table(size_t *n_out);
/* Commands within commands: names of two words, the first that of a command. */
const cmd *cmd_nested(size_t *n_out);
/* The command of that name in either table, or NULL. */
const cmd *cmd_find(const char *name);

/* The program: runs the command that argv[1] names, and returns its exit code. */
int cmd_main(int argc, char **argv);

int cmd_run(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_devices(int argc, char **argv);
int cmd_tokenize(int argc, char **argv);
int cmd_logits(int argc, char **argv);
int cmd_experts(int argc, char **argv);
int cmd_parity(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_stress(int argc, char **argv);
int cmd_bench_review(int argc, char **argv); // of `spillway bench review`; argv[0] is "review"
int cmd_report(int argc, char **argv);
int cmd_protocol(int argc, char **argv);
int cmd_runs(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_baseline(int argc, char **argv);
int cmd_trend(int argc, char **argv);
int cmd_monitor(int argc, char **argv);
int cmd_synth(int argc, char **argv);
int cmd_perf(int argc, char **argv);
int cmd_quantize(int argc, char **argv);
int cmd_limits(int argc, char **argv);
int cmd_completions(int argc, char **argv);
int cmd_man(int argc, char **argv);

#endif
