/* word_pools.h - names of persons, animals, colours, drinks and cities, which all generators share.
 *
 * Internal to this room.  Every entry is one or two plain words, and no entry of a pool is within another one of it.
 */
#ifndef PROBLEMS_WORD_POOLS_H
#define PROBLEMS_WORD_POOLS_H

#include "base/arena.h"

enum {
    N_POOL_NAMES = 39,
    N_POOL_ANIMALS = 9,
    N_POOL_COLOURS = 10,
    N_POOL_DRINKS = 8,
    N_POOL_CITIES = 18,
    N_POOL_FOODS = 10,
    N_POOL_JOBS = 12,
    N_POOL_MONTHS = 10,
    N_POOL_THINGS = 12
};

extern const char *const POOL_NAMES[N_POOL_NAMES];
extern const char *const POOL_ANIMALS[N_POOL_ANIMALS];
extern const char *const POOL_COLOURS[N_POOL_COLOURS];
extern const char *const POOL_DRINKS[N_POOL_DRINKS];
extern const char *const POOL_CITIES[N_POOL_CITIES];
extern const char *const POOL_FOODS[N_POOL_FOODS];
extern const char *const POOL_JOBS[N_POOL_JOBS];
extern const char *const POOL_MONTHS[N_POOL_MONTHS]; // but March and May, which are words too
extern const char *const POOL_THINGS[N_POOL_THINGS]; // that have a code

/* The text in lower case, in `keep`; NULL when memory is short. */
const char *pool_lower(const char *text, arena *keep);

#endif
