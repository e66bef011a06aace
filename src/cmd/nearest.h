/* nearest.h - the word that was probably meant: the one with the fewest typing errors, if they are few. */
#ifndef CMD_NEAREST_H
#define CMD_NEAREST_H

#include <stddef.h>

/* Begin with {.word = ...}; `found` is then the best candidate so far, or NULL. */
typedef struct nearest {
    const char *word;
    const char *found;
    size_t n_errors; // of `found`
} nearest;

/* Takes the candidate if it is nearer than those before.  A typing error is a letter too many, missing, wrong, or two
 * in the wrong order; a word of one letter has no neighbours, one of 2 to 4 letters those with one error, longer ones
 * those with two or three.  A beginning of at least three letters counts as one error. */
void nearest_offer(nearest *n, const char *candidate);

#endif
