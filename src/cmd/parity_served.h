/* parity_served.h - `spillway parity` where a side is a server: what its answers tell about the logits.
 *
 * A server is asked for the log-probabilities of a prompt's tokens (POST /v1/completions with token ids, echo, and
 * max_tokens 0), the 20 likeliest of each position.  A side with options is a server, too: `spillway serve` on
 * loopback, started and stopped here.  Position i is what the model says after token i; of a sequence's last token
 * nothing is known.
 *
 * Two positions are equal if every log-probability that both sides have is within SERVED_TOLERANCE, which is what the
 * digits of an answer are good for.  The divergence is of the tokens that both sides list, with all others as one: it
 * is at most the divergence of the whole vocabulary.
 */
#ifndef CMD_PARITY_SERVED_H
#define CMD_PARITY_SERVED_H

#include <stdbool.h>

#include "cmd/parity_side.h"
#include "cmd/token_lines.h"
#include "figures/logit_parity.h"

#define SERVED_TOLERANCE 1e-4

/* The comparison. */
typedef struct parity_served {
    const parity_command *a, *b; // of a side without a URL
    const char *url_a, *url_b;   // NULL: the command; not both are NULL
    const token_lines *lines;
    double near_tie;
    bool as_json;
} parity_served;

/* One position of both sides: members of "top_logprobs", and the log-probability of the next token.  top_a and top_b of
 * the result are 0, or 0 and 1 if the likeliest tokens differ. */
logit_difference parity_served_position(const json_t *top_a, const json_t *top_b, double next_a, double next_b);

/* Compares, prints the result, and returns the exit code. */
int parity_served_run(const parity_served *p);

#endif
