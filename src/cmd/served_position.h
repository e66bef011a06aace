/* served_position.h - how far two servers' answers are apart after one token.
 *
 * Two positions are equal if every log-probability that both sides have is within SERVED_TOLERANCE, which is what the
 * digits of an answer are good for.  The divergence is of the tokens that both sides list, with all others as one: it
 * is at most the divergence of the whole vocabulary.
 */
#ifndef CMD_SERVED_POSITION_H
#define CMD_SERVED_POSITION_H

#include <jansson.h>

#include "figures/logit_parity.h"

#define SERVED_TOLERANCE 1e-4

/* Entries of "top_logprobs" of both sides, and the log-probabilities of the next token.  top_a and top_b of the result
 * are 0, or 0 and 1 if the likeliest tokens differ. */
logit_difference served_position(const json_t *top_a, const json_t *top_b, double next_a, double next_b);

#endif
