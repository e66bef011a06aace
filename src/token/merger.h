/* merger.h - joining neighbouring symbols, best pair first, until none joins.
 *
 * Both tokenizer families do this and differ only in what a pair's priority is.  A heap with stale entries makes it
 * O(n log n), so that a megabyte of one letter is as cheap as a megabyte of prose.
 */
#ifndef SW_MERGER_H
#define SW_MERGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "token/pair_map.h"

enum { SW_SYMBOL_END = UINT32_MAX };

typedef struct sw_symbol {
    uint32_t start, size; // bytes of the text; size 0: joined to its left neighbour
    uint32_t prev, next;  // indices, or SW_SYMBOL_END
    int32_t id;           // token, or -1
} sw_symbol;

typedef struct sw_merge_candidate {
    uint32_t priority;
    uint32_t left; // symbol
    uint32_t size; // bytes of both symbols together: when this is no longer so, the candidate is stale
    int32_t result;
} sw_merge_candidate;

typedef struct sw_merger {
    sw_symbol *symbols;
    size_t n_symbols, cap_symbols;
    sw_merge_candidate *heap;
    size_t n_heap, cap_heap;
} sw_merger;

/* True when the neighbours join, and into what. */
typedef bool (*sw_merge_fn)(const void *ud, const sw_symbol *left, const sw_symbol *right, sw_merge *out);

void sw_merger_free(sw_merger *m);
/* Forgets the symbols, keeps the memory. */
void sw_merger_clear(sw_merger *m);
/* Appends a symbol of `size` > 0 bytes.  False when memory is short. */
bool sw_merger_add(sw_merger *m, size_t start, size_t size, int32_t id);
/* Joins what joins; the first symbol stays the head of the list.  False when memory is short. */
bool sw_merger_run(sw_merger *m, sw_merge_fn find, const void *ud);

#endif
