/* parity_served.h - `spillway parity` where a side is a server: what its answers tell about the logits.
 *
 * A server is asked for the log-probabilities of a prompt's tokens (POST /v1/completions with token ids, echo, and
 * max_tokens 0), the 20 likeliest of each position.  A side with options is a server, too: `spillway serve` on
 * loopback, started and stopped here.  Position i is what the model says after token i; of a sequence's last token
 * nothing is known.
 */
#ifndef CMD_PARITY_SERVED_H
#define CMD_PARITY_SERVED_H

#include <stdbool.h>

#include "cmd/parity_side.h"
#include "cmd/token_lines.h"

/* The comparison. */
typedef struct parity_served {
    const parity_command *a, *b; // of a side without a URL
    const char *url_a, *url_b;   // NULL: the command; not both are NULL
    const token_lines *lines;
    double near_tie;
    bool as_json;
} parity_served;

/* Compares, prints the result, and returns the exit code. */
int parity_served_run(const parity_served *p);

#endif
