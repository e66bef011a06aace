/* pair_map.h - from two neighbouring tokens to the merge that joins them. */
#ifndef TOKEN_PAIR_MAP_H
#define TOKEN_PAIR_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Merging happens in rising order of priority. */
typedef struct merge_pair {
    uint32_t priority;
    int32_t result; // token id
} merge_pair;

typedef struct pair_slot {
    int32_t left, right; // left -1: the slot is empty
    merge_pair merge;
} pair_slot;

typedef struct pair_map {
    pair_slot *slots; // NULL: the map is empty
    size_t mask;
    uint64_t seed;
} pair_map;

/* An empty map with room for n pairs.  False when memory is short. */
bool pair_map_init(pair_map *m, size_t n);
void pair_map_free(pair_map *m);
/* Adds a pair of ids, both at least 0; one that is there already stays as it is. */
void pair_map_add(pair_map *m, int32_t left, int32_t right, merge_pair merge);
/* False when the pair does not merge. */
bool pair_map_find(const pair_map *m, int32_t left, int32_t right, merge_pair *out);

#endif
