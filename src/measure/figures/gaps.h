/* gaps.h - the times between the tokens of one answer.
 *
 * Events of one network read have one arrival time, and an event may hold several tokens.  So an answer is a list of
 * *moments*: a time at which something arrived, and the number of tokens that arrived at it.  Pure.
 */
#ifndef FIGURES_GAPS_H
#define FIGURES_GAPS_H

#include "figures/stats.h"
#include "results/record.h"

/* Returns true if the server told how many tokens the events hold, and the sum is not above its own count. */
bool gaps_have_counts(const answer_record *answer);

/* Writes the moments of an answer to out[0 .. n_arrivals): value: ms since the moment before (of the first: since t0),
 * weight: tokens; where nothing is told, an event is one token.  Returns how many there are. */
size_t gaps_moments(const answer_record *answer, weighted_value *out);

/* The same for times per token: the gap before each moment but the first, divided by its tokens.  Writes at most
 * n_arrivals values. */
size_t gaps_per_token(const answer_record *answer, weighted_value *out);

/* The gaps between events, 0 between events of one read: n_arrivals - 1 values, in ms. */
size_t gaps_between_events(const answer_record *answer, double *out);

/* Of n_tokens tokens after the first moment: the time in ms in which the part from `begin` to `end` (0 to 1) came. */
double gaps_time_of_part(const weighted_value *moments, size_t n, double begin, double end);

#endif
