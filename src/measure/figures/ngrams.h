/* ngrams.h - how many of a text's runs of n units were there before. */
#ifndef FIGURES_NGRAMS_H
#define FIGURES_NGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REP_N_MAX = 4 };

/* out[n - 1] is 1 - distinct / all runs of n units, for n = 1 .. REP_N_MAX; 0 if there are fewer than n + 1 units.
 * False when memory is short. */
bool ngrams_repeated(const uint32_t *ids, size_t n_ids, double out[REP_N_MAX]);

#endif
