/* parity_print.h - what `spillway parity` found, for people and for scripts. */
#ifndef CMD_PARITY_PRINT_H
#define CMD_PARITY_PRINT_H

#include "cmd/parity_facts.h"
#include "cmd/token_lines.h"
#include "figures/logit_parity.h"

/* One position of both sides. */
typedef struct parity_row {
    uint64_t hash_a, hash_b;
    logit_difference difference;
} parity_row;

typedef struct parity_result {
    const char *model;
    const parity_facts *facts;
    const json_t *head_a, *head_b;
    const token_lines *lines;
    const parity_row *rows; // (sums->n_positions), sequence by sequence
    const logit_parity *sums;
} parity_result;

/* Prints the table of both sides. */
void parity_print_facts(const parity_facts *facts);
/* Prints the verdict and the figures. */
void parity_print_text(const parity_result *r);
/* Prints one document; returns false if memory is short or standard output cannot be written. */
bool parity_print_json(const parity_result *r);

#endif
