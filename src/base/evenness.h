/* evenness.h - how evenly a number of things is used, from how often each was.
 *
 * One definition each of the figures for experts, so that a figure of the server, of a command and of a report is the
 * same number.  What cannot be computed (nothing was used) is NAN.
 */
#ifndef BASE_EVENNESS_H
#define BASE_EVENNESS_H

#include <stddef.h>
#include <stdint.h>

typedef struct evenness {
    uint64_t total;       // uses
    size_t n, n_used;     // things; those with a use
    double coverage;      // n_used / n
    double entropy_ratio; // of the shares, divided by that of equal shares: 1 is even; NAN for one thing
    double effective;     // e to the entropy: as many things with equal shares would have it
    double gini;          // 0: equal shares, towards 1: one thing has all
    double cv;            // standard deviation of the counts, divided by their mean
    double max_mean;      // the largest count, divided by the mean
} evenness;

/* Sorts counts[0..n) in descending order. */
evenness evenness_of(uint64_t *counts, size_t n);

/* The share that the m most used things have.  counts[0..n) descend. */
double evenness_top_share(const uint64_t *counts, size_t n, size_t m);
/* The smallest number of things that together have a share of at least `share`, in (0, 1]; 0 if nothing was used.
 * counts[0..n) descend. */
size_t evenness_hot(const uint64_t *counts, size_t n, double share);

/* The coverage to expect after n_draws draws of k different things out of n, each thing being as likely. */
double evenness_expected_coverage(size_t n, size_t k, uint64_t n_draws);

#endif
