/* parity_side.h - one side of `spillway parity`: a process that evaluates token sequences and sends the logits.
 *
 * A side is `PROGRAM logits MODEL OPTIONS --tokens - --stream`, so that sides may differ in everything that such a
 * command takes: options, instruction set, build.  Its errors go to standard error.  The process is waited for by
 * parity_side_end, and killed if it still runs then.
 */
#ifndef CMD_PARITY_SIDE_H
#define CMD_PARITY_SIDE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "spillway/error.h"

enum { PARITY_WORDS_MAX = 64 };

/* What to start. */
typedef struct parity_command {
    const char *side;    // "a" or "b", for errors
    const char *program; // NULL: this one
    const char *model;
    char *text;                          // owned: what the words point into
    const char *isa;                     // of a word SPILLWAY_ISA=..., or NULL: as in the environment
    const char *words[PARITY_WORDS_MAX]; // (n_words)
    size_t n_words;
} parity_command;

/* Splits OPTIONS into words as a shell does, with both kinds of quotes; words SPILLWAY_ISA=... at the beginning set the
 * instruction set.  Free the command with parity_command_free, after a failure too.  Errors: SW_EINVAL, SW_ENOMEM. */
SW_NODISCARD sw_code parity_command_parse(parity_command *out, const char *options, sw_err *err);
void parity_command_free(parity_command *command);

/* A running side. */
typedef struct parity_side {
    const char *name; // "a" or "b"
    pid_t pid;        // 0: there is none
    FILE *rows;       // what it sends
    json_t *head;     // as logits_head.h has it
    size_t n_vocab;
} parity_side;

/* Starts the side, which reads its sequences from the file descriptor `tokens` from its beginning, and reads the head.
 * End the side with parity_side_end, after a failure too.  Errors: SW_EINVAL (the side refused an option), SW_EIO. */
SW_NODISCARD sw_code parity_side_begin(parity_side *out, const parity_command *command, int tokens, sw_err *err);
/* Reads the next row, n_vocab floats.  Error: that of the side. */
SW_NODISCARD sw_code parity_side_row(parity_side *side, float *row, sw_err *err);
/* Frees everything.  A structure of zeros is accepted. */
void parity_side_end(parity_side *side);

#endif
