/* problem_draw.c - a permutation of the seeds, and draws from what it gives. */
#include "problems/problem_draw.h"

enum { ROUNDS = 4 };

static uint64_t mix(uint64_t x)
{
    rng_state r;
    rng_seed(&r, x);
    return rng_next(&r);
}

/* A permutation of the numbers below 4^half_bits. */
static uint64_t shuffle_bits(uint64_t x, int half_bits, uint64_t salt)
{
    const uint64_t mask = (UINT64_C(1) << half_bits) - 1;
    uint64_t left = x >> half_bits, right = x & mask;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        const uint64_t next = left ^ (mix(right ^ (salt << 8) ^ (i << 56)) & mask);
        left = right;
        right = next;
    }
    return left << half_bits | right;
}

/* A permutation of the numbers below `space`. */
static uint64_t permute(uint64_t x, uint64_t space, uint64_t salt)
{
    int half_bits = 1;
    while (half_bits < 31 && UINT64_C(1) << (2 * half_bits) < space)
        half_bits++;
    do
        x = shuffle_bits(x, half_bits, salt);
    while (x >= space);
    return x;
}

void draw_begin(problem_draw *d, uint64_t seed, uint64_t space, uint64_t salt)
{
    d->index = permute(seed % space, space, salt);
    d->round = seed / space;
    rng_seed(&d->rng, mix(d->index ^ (salt << 48)));
}

int draw_part(problem_draw *d, int n)
{
    const int part = (int)(d->index % (uint64_t)n);
    d->index /= (uint64_t)n;
    return part;
}

void draw_pair(problem_draw *d, int n, int *a, int *b)
{
    *a = draw_part(d, n);
    *b = draw_part(d, n - 1);
    *b += *b >= *a;
}

int draw_below(problem_draw *d, int n)
{
    return (int)(rng_next(&d->rng) % (uint64_t)n);
}

int draw_range(problem_draw *d, int low, int high)
{
    return low + draw_below(d, high - low + 1);
}

int draw_wording(problem_draw *d, int n)
{
    return (int)(((uint64_t)draw_below(d, n) + d->round) % (uint64_t)n);
}

void draw_order(problem_draw *d, int n, int *order)
{
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int i = n - 1; i > 0; i--) {
        const int k = draw_below(d, i + 1), other = order[i];
        order[i] = order[k];
        order[k] = other;
    }
}
