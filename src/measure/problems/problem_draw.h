/* problem_draw.h - what a seed decides: numbers that no other seed of a run draws, then random ones.
 *
 * Random draws alone would repeat: of 1,000 pairs out of 8,100, sixty come twice.  So the seed is first permuted
 * within the space of its kind and level (a Feistel network of four rounds, walked until the value is in the space),
 * and a kind takes what tells its problems apart from that index.
 */
#ifndef PROBLEMS_PROBLEM_DRAW_H
#define PROBLEMS_PROBLEM_DRAW_H

#include "base/rng.h"

typedef struct problem_draw {
    uint64_t index; // what is left of the place in the space
    uint64_t round; // how often the seeds have gone through the space
    rng_state rng;  // follows from the place
} problem_draw;

/* `salt` tells kinds and levels apart; space > 0. */
void draw_begin(problem_draw *d, uint64_t seed, uint64_t space, uint64_t salt);
/* Takes the next part of the index: a number below n. */
int draw_part(problem_draw *d, int n);
/* Takes two different numbers below n: a part of n * (n - 1). */
void draw_pair(problem_draw *d, int n, int *a, int *b);
/* A random number below n. */
int draw_below(problem_draw *d, int n);
/* A random number from low to high, both included. */
int draw_range(problem_draw *d, int low, int high);
/* A wording below n; another one when the seeds come to the same problem again. */
int draw_wording(problem_draw *d, int n);
/* Fills order[0..n) with 0 .. n-1 in random order. */
void draw_order(problem_draw *d, int n, int *order);

#endif
