/* candidates.c - finds the last candidate that a filter keeps by buckets of ranks.
 *
 * A pass sums the measure of each bucket and continues with the members of the bucket in which the need is met.  It
 * takes eleven bits off the range of ranks, so six passes at most find one rank of 64 bits.  Loops over many candidates
 * have no branch that depends on them: the processor would predict it wrongly half the time.
 */
#include "engine/candidates.h"

#include <stdbool.h>

#include "engine/softmax.h"

enum { BUCKET_BITS = 11, N_BUCKETS = 1 << BUCKET_BITS };

static uint64_t measured(const logit_candidate *c, candidate_measure measure)
{
    return measure == BY_COUNT ? 1 : softmax_weight_units(c->weight);
}

uint64_t candidates_mass(const logit_candidate *list, int n)
{
    uint64_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += softmax_weight_units(list[i].weight);
    return sum;
}

/* A partition of ranks: bucket b begins at first + b * 2^shift. */
typedef struct buckets {
    uint64_t first;
    int shift;
} buckets;

/* Buckets that cover all ranks of the list. */
static buckets span(const logit_candidate *list, int n)
{
    uint64_t lowest = list[0].rank, highest = list[0].rank;
    for (int i = 1; i < n; i++) {
        lowest = list[i].rank < lowest ? list[i].rank : lowest;
        highest = list[i].rank > highest ? list[i].rank : highest;
    }
    buckets b = {.first = lowest};
    while ((highest - lowest) >> b.shift >= N_BUCKETS)
        b.shift++;
    return b;
}

static size_t bucket_of(const buckets *b, const logit_candidate *c)
{
    return (size_t)((c->rank - b->first) >> b->shift);
}

/* The rank of the last candidate that is needed to measure `need`; UINT64_MAX if all together measure less. */
static uint64_t last_needed(const logit_candidate *list, int n, candidate_measure measure, uint64_t need,
                            logit_candidate *room)
{
    while (n > 1) {
        uint64_t sums[N_BUCKETS] = {0};
        const buckets b = span(list, n);
        for (int i = 0; i < n; i++)
            sums[bucket_of(&b, &list[i])] += measured(&list[i], measure);
        size_t wanted = 0;
        for (; wanted < N_BUCKETS && sums[wanted] < need; wanted++)
            need -= sums[wanted];
        if (wanted == N_BUCKETS)
            return UINT64_MAX;
        int n_members = 0;
        for (int i = 0; i < n; i++) {
            const logit_candidate c = list[i]; // room may be the list
            room[n_members] = c;
            n_members += bucket_of(&b, &c) == wanted;
        }
        list = room;
        n = n_members;
    }
    return list[0].rank;
}

int candidates_keep(logit_candidate *list, int n, candidate_measure measure, uint64_t need, logit_candidate *room)
{
    const uint64_t last = last_needed(list, n, measure, need, room);
    int n_kept = 0;
    for (int i = 0; i < n; i++) {
        const logit_candidate c = list[i];
        list[n_kept] = c;
        n_kept += c.rank <= last;
    }
    return n_kept;
}
