/* rng.c - xoshiro256** in ten lines, and getrandom. */
#include "base/rng.h"

#include <sys/random.h>
#include <time.h>

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

void rng_seed(rng_state *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++) { // splitmix64
        seed += 0x9e3779b97f4a7c15u;
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        r->s[i] = z ^ (z >> 31);
    }
}

uint64_t rng_next(rng_state *r)
{
    uint64_t *const s = r->s;
    const uint64_t result = rotl(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

float rng_float(rng_state *r)
{
    return (float)(rng_next(r) >> 40) * 0x1p-24f;
}

static uint64_t system_next(void *ud)
{
    (void)ud;
    uint64_t x;
    if (getrandom(&x, sizeof x, 0) != (ssize_t)sizeof x)
        x = (uint64_t)time(NULL); // a system without a generator; nothing here is a secret
    return x;
}

const sw_entropy *entropy_system(void)
{
    static const sw_entropy entropy = {system_next, NULL};
    return &entropy;
}
