/* rng.h - a small seeded random number generator (xoshiro256**, Blackman and Vigna 2018; state filled by
 * splitmix64).  Same seed, same numbers, on every machine. */
#ifndef SW_RNG_H
#define SW_RNG_H

#include <stdint.h>

typedef struct sw_rng {
    uint64_t s[4];
} sw_rng;

void sw_rng_seed(sw_rng *r, uint64_t seed);
uint64_t sw_rng_next(sw_rng *r);
/* Uniform in [0, 1), 24 bits. */
float sw_rng_float(sw_rng *r);
/* Seed material from the operating system. */
uint64_t sw_rng_entropy(void);

#endif
