/* repetition.h - measures how much a text repeats itself.
 *
 * A model that computes wrongly (a wrong kernel, a wrong placement) often still writes fluent words, but the same ones.
 * `score` is the share of repeated word triples, the figure that earlier benchmarks of offloaded models published; its
 * definition is kept exactly, because new figures are compared with those.  It misses loops that start late, text
 * without spaces and repeated lines, so the other members cover these, and the verdict uses them.
 */
#ifndef FIGURES_REPETITION_H
#define FIGURES_REPETITION_H

#include <stddef.h>

#include "figures/ngrams.h"
#include "results/record.h"
#include "spillway/error.h"

typedef enum repetition_verdict { REPETITION_NONE, REPETITION_SUSPICIOUS, REPETITION_DEGENERATE } repetition_verdict;

const char *repetition_verdict_name(repetition_verdict verdict);

/* The text ends in `repeats` copies of the same `period` units: tokens, or words if no tokens are known. */
typedef struct tail_loop {
    size_t period;  // units; 0: no loop
    size_t repeats; // whole copies
    size_t span;    // units in the loop, all copies together
    size_t start;   // the first unit of the loop
} tail_loop;

typedef struct repetition_score {
    double score;                // repeated triples of words / all triples, 0 .. 1
    double score_units;          // the same, where each character of an unspaced script is a word of its own
    double window_max;           // the highest score of any 200 words in a row
    double rep_n[REP_N_MAX];     // [n - 1]: 1 - distinct / all n-grams of units; 0 if there are fewer than n + 1 units
    double longest_repeat_share; // longest piece that comes twice / the text, in characters; NAN: too long to search
    size_t line_repeat_max;      // longest run of equal lines (blank lines and outer spaces aside)
    tail_loop tail_loop;
    repetition_verdict verdict;
} repetition_score;

/* Any bytes; invalid UTF-8 counts as letters.  Words are the units.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code repetition_of(const char *text, size_t n_bytes, text_form form, repetition_score *out,
                                   sw_err *err);
/* The same with tokens as units of rep_n and tail_loop; ids NULL: words. */
SW_NODISCARD sw_code repetition_of_tokens(const char *text, size_t n_bytes, const int32_t *ids, size_t n_ids,
                                          text_form form, repetition_score *out, sw_err *err);

#endif
