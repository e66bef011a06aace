/* rng.h - a small seeded random number generator (xoshiro256**, Blackman and Vigna 2018; state filled by
 * splitmix64).  Same seed, same numbers, on every machine. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

#include "spillway/clock.h"

/* One sequence of numbers; not shared between threads. */
typedef struct rng_state {
    uint64_t s[4];
} rng_state;

/* Every seed is valid and gives its own sequence. */
void rng_seed(rng_state *r, uint64_t seed);
uint64_t rng_next(rng_state *r);
/* Uniform in [0, 1), 24 bits. */
float rng_float(rng_state *r);
/* The generator of the operating system. */
const sw_entropy *entropy_system(void);

/* 64 bits from e, or from the operating system when e is NULL. */
static inline uint64_t entropy_next(const sw_entropy *e)
{
    const sw_entropy *const source = e != NULL ? e : entropy_system();
    return source->next(source->ud);
}

#endif
