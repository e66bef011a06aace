/* pair_map.h - from two neighbouring tokens to the merge that joins them. */
#ifndef SW_PAIR_MAP_H
#define SW_PAIR_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Merging happens in rising order of priority. */
typedef struct sw_merge {
    uint32_t priority;
    int32_t result; // token id
} sw_merge;

typedef struct sw_pair_slot {
    int32_t left, right; // left -1: the slot is empty
    sw_merge merge;
} sw_pair_slot;

typedef struct sw_pair_map {
    sw_pair_slot *slots; // NULL: the map is empty
    size_t mask;
    uint64_t seed;
} sw_pair_map;

/* An empty map with room for n pairs.  False when memory is short. */
bool sw_pair_map_init(sw_pair_map *m, size_t n);
void sw_pair_map_free(sw_pair_map *m);
/* Adds a pair of ids, both at least 0; one that is there already stays as it is. */
void sw_pair_map_add(sw_pair_map *m, int32_t left, int32_t right, sw_merge merge);
/* False when the pair does not merge. */
bool sw_pair_map_find(const sw_pair_map *m, int32_t left, int32_t right, sw_merge *out);

#endif
