/* merger.h - joins neighbouring symbols, best pair first, until no pair joins.
 *
 * Both tokenizer families do this and differ only in the priority of a pair.  The heap keeps stale entries and drops
 * them when they reach the top, so the work is O(n log n): a megabyte of one letter costs as much as a megabyte of
 * prose.  The pair map at the end is where byte-level BPE finds its merges.
 */
#ifndef TOKEN_MERGER_H
#define TOKEN_MERGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What two neighbours join into.  Merging happens in rising order of priority. */
typedef struct merge_pair {
    uint32_t priority;
    int32_t result; // token id
} merge_pair;

/* ---- merging a sequence ---- */

enum { SYMBOL_END = UINT32_MAX }; // no neighbour on that side

typedef struct symbol {
    uint32_t start, size; // bytes of the text; size 0: joined to its left neighbour
    uint32_t prev, next;  // indices, or SYMBOL_END
    int32_t id;           // token, or -1
} symbol;

typedef struct merge_candidate {
    uint32_t priority;
    uint32_t left; // symbol
    uint32_t size; // bytes of both symbols together; a different sum means that the candidate is stale
    int32_t result;
} merge_candidate;

/* Symbols stay at their index; joined ones are skipped through `next`.  {0} is an empty merger. */
typedef struct symbol_merger {
    symbol *symbols;
    size_t n_symbols, cap_symbols;
    merge_candidate *heap;
    size_t n_heap, cap_heap;
} symbol_merger;

/* Returns true if the neighbours join; *out is then the result. */
typedef bool (*merge_fn)(const void *ud, const symbol *left, const symbol *right, merge_pair *out);

void merger_free(symbol_merger *m);
/* Removes all symbols and keeps the memory for the next sequence. */
void merger_clear(symbol_merger *m);
/* Appends a symbol of `size` > 0 bytes.  False when memory is short. */
bool merger_add(symbol_merger *m, size_t start, size_t size, int32_t id);
/* Joins pairs until none joins; symbol 0 stays the head of the list.  False when memory is short. */
bool merger_run(symbol_merger *m, merge_fn find, const void *ud);

/* ---- pairs of ids to their merge ---- */

typedef struct pair_slot {
    int32_t left, right; // token ids; left -1: the slot is empty
    merge_pair merge;
} pair_slot;

/* Open addressing, insertion only.  The seed is random so that a hostile file cannot choose colliding pairs; it decides
 * where a pair is stored and changes no result. */
typedef struct pair_map {
    pair_slot *slots; // (mask + 1), owned; NULL: the map is empty
    size_t mask;      // a power of two, less one
    uint64_t seed;
} pair_map;

/* Makes an empty map with room for n pairs.  False when memory is short. */
bool pair_map_init(pair_map *m, size_t n);
void pair_map_free(pair_map *m);
/* Adds a pair of ids, both at least 0.  A pair that is present keeps its merge. */
void pair_map_add(pair_map *m, int32_t left, int32_t right, merge_pair merge);
/* Returns true if the pair merges; *out is then how. */
bool pair_map_find(const pair_map *m, int32_t left, int32_t right, merge_pair *out);

#endif
