/* temperature_draws.h - the temperature that a sampler must have had, from what it drew.
 *
 * A draw is one token and the log-probabilities of the likely tokens at temperature 1.  At temperature T a token has
 * the probability exp(l / T) / sum(exp(l_j / T)), also among any subset of the tokens, so the list of the likely ones
 * is enough.  The estimate is that of the highest likelihood in 1/T; its interval is three standard errors wide on each
 * side.  Pure.
 */
#ifndef HOSTS_TEMPERATURE_DRAWS_H
#define HOSTS_TEMPERATURE_DRAWS_H

#include <stdbool.h>
#include <stddef.h>

enum { DRAW_TOKENS_MAX = 20 };

typedef struct temperature_draw {
    double logprobs[DRAW_TOKENS_MAX]; // (n) at temperature 1, of different tokens
    size_t n;
    size_t drawn; // which of them was drawn
} temperature_draw;

typedef struct temperature_estimate {
    double found;     // 0: only the likeliest tokens were drawn
    double low, high; // in between the temperature probably is; high INFINITY: no bound
} temperature_estimate;

/* Returns false if the draws tell nothing: there are fewer than ten, or all tokens of each are equally likely. */
bool temperature_draws_estimate(const temperature_draw *draws, size_t n, temperature_estimate *out);

#endif
