/* word_pools.h - names of persons, animals, colours, drinks and cities, which all generators share.
 *
 * Internal to this room.  Every entry is one or two plain words, and no entry of a pool is within another one of it.
 */
#ifndef PROBLEMS_WORD_POOLS_H
#define PROBLEMS_WORD_POOLS_H

enum { N_POOL_NAMES = 39, N_POOL_ANIMALS = 10, N_POOL_COLOURS = 10, N_POOL_DRINKS = 8, N_POOL_CITIES = 18 };

extern const char *const POOL_NAMES[N_POOL_NAMES];
extern const char *const POOL_ANIMALS[N_POOL_ANIMALS];
extern const char *const POOL_COLOURS[N_POOL_COLOURS];
extern const char *const POOL_DRINKS[N_POOL_DRINKS];
extern const char *const POOL_CITIES[N_POOL_CITIES];

#endif
