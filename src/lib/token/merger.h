/* merger.h - joining neighbouring symbols, best pair first, until none joins.
 *
 * Both tokenizer families do this and differ only in what a pair's priority is.  A heap with stale entries makes it
 * O(n log n), so that a megabyte of one letter is as cheap as a megabyte of prose.
 */
#ifndef TOKEN_MERGER_H
#define TOKEN_MERGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "token/pair_map.h"

enum { SYMBOL_END = UINT32_MAX };

typedef struct symbol {
    uint32_t start, size; // bytes of the text; size 0: joined to its left neighbour
    uint32_t prev, next;  // indices, or SYMBOL_END
    int32_t id;           // token, or -1
} symbol;

typedef struct merge_candidate {
    uint32_t priority;
    uint32_t left; // symbol
    uint32_t size; // bytes of both symbols together: when this is no longer so, the candidate is stale
    int32_t result;
} merge_candidate;

typedef struct symbol_merger {
    symbol *symbols;
    size_t n_symbols, cap_symbols;
    merge_candidate *heap;
    size_t n_heap, cap_heap;
} symbol_merger;

/* True when the neighbours join, and into what. */
typedef bool (*merge_fn)(const void *ud, const symbol *left, const symbol *right, merge_pair *out);

void merger_free(symbol_merger *m);
/* Forgets the symbols, keeps the memory. */
void merger_clear(symbol_merger *m);
/* Appends a symbol of `size` > 0 bytes.  False when memory is short. */
bool merger_add(symbol_merger *m, size_t start, size_t size, int32_t id);
/* Joins what joins; the first symbol stays the head of the list.  False when memory is short. */
bool merger_run(symbol_merger *m, merge_fn find, const void *ud);

#endif
