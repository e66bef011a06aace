/* rng.h - a small seeded random number generator (xoshiro256**, Blackman and Vigna 2018; state filled by
 * splitmix64).  Same seed, same numbers, on every machine. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

typedef struct rng_state {
    uint64_t s[4];
} rng_state;

void rng_seed(rng_state *r, uint64_t seed);
uint64_t rng_next(rng_state *r);
/* Uniform in [0, 1), 24 bits. */
float rng_float(rng_state *r);
/* Seed material from the operating system. */
uint64_t rng_entropy(void);

#endif
