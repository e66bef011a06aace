/* merger.c - a linked list of symbols and a binary heap of the pairs that may join.
 *
 * Invariant: every pair of neighbours that joins is in the heap with its current size.  Entries of pairs that changed
 * since are recognized by their size and skipped.
 */
#include "token/merger.h"

#include "base/alloc.h"
#include "base/rng.h"

/* ---- merging a sequence ---- */

void merger_free(symbol_merger *m)
{
    mem_free(m->symbols);
    mem_free(m->heap);
    *m = (symbol_merger){0};
}

void merger_clear(symbol_merger *m)
{
    m->n_symbols = 0;
    m->n_heap = 0;
}

bool merger_add(symbol_merger *m, size_t start, size_t size, int32_t id)
{
    if (!mem_grow(&m->symbols, &m->cap_symbols, m->n_symbols + 1, sizeof *m->symbols))
        return false;
    const size_t i = m->n_symbols++;
    m->symbols[i] = (symbol){.start = (uint32_t)start,
                             .size = (uint32_t)size,
                             .prev = i > 0 ? (uint32_t)i - 1 : SYMBOL_END,
                             .next = SYMBOL_END,
                             .id = id};
    if (i > 0)
        m->symbols[i - 1].next = (uint32_t)i;
    return true;
}

/* Best priority first, leftmost on ties. */
static bool is_before(const merge_candidate *a, const merge_candidate *b)
{
    return a->priority != b->priority ? a->priority < b->priority : a->left < b->left;
}

static bool push(symbol_merger *m, merge_candidate c)
{
    if (!mem_grow(&m->heap, &m->cap_heap, m->n_heap + 1, sizeof *m->heap))
        return false;
    size_t i = m->n_heap++;
    while (i > 0 && is_before(&c, &m->heap[(i - 1) / 2])) {
        m->heap[i] = m->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    m->heap[i] = c;
    return true;
}

static merge_candidate pop(symbol_merger *m)
{
    const merge_candidate top = m->heap[0];
    const merge_candidate last = m->heap[--m->n_heap];
    size_t i = 0;
    for (size_t child = 1; child < m->n_heap; child = 2 * i + 1) {
        if (child + 1 < m->n_heap && is_before(&m->heap[child + 1], &m->heap[child]))
            child++;
        if (!is_before(&m->heap[child], &last))
            break;
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = last;
    return top;
}

/* Adds the pair that begins at symbol `left` to the heap, if it joins.  False when memory is short. */
static bool consider(symbol_merger *m, uint32_t left, merge_fn find, const void *ud)
{
    if (left == SYMBOL_END || m->symbols[left].next == SYMBOL_END)
        return true;
    const symbol *const l = &m->symbols[left], *const r = &m->symbols[l->next];
    merge_pair merge;
    if (!find(ud, l, r, &merge))
        return true;
    return push(m, (merge_candidate){
                       .priority = merge.priority, .left = left, .size = l->size + r->size, .result = merge.result});
}

/* A symbol only grows or disappears, so the size of the pair shows whether both are unchanged. */
static bool is_stale(const symbol_merger *m, const merge_candidate *c)
{
    const symbol *const l = &m->symbols[c->left];
    return l->size == 0 || l->next == SYMBOL_END || l->size + m->symbols[l->next].size != c->size;
}

/* The left symbol takes over the bytes of its neighbour, whose size 0 marks it as gone. */
static void join(symbol_merger *m, const merge_candidate *c)
{
    symbol *const l = &m->symbols[c->left], *const r = &m->symbols[l->next];
    l->size = c->size;
    l->id = c->result;
    l->next = r->next;
    if (r->next != SYMBOL_END)
        m->symbols[r->next].prev = c->left;
    r->size = 0;
}

bool merger_run(symbol_merger *m, merge_fn find, const void *ud)
{
    for (size_t i = 0; i + 1 < m->n_symbols; i++) {
        if (!consider(m, (uint32_t)i, find, ud))
            return false;
    }
    while (m->n_heap > 0) {
        const merge_candidate c = pop(m);
        if (is_stale(m, &c))
            continue;
        join(m, &c);
        if (!consider(m, m->symbols[c.left].prev, find, ud) || !consider(m, c.left, find, ud))
            return false;
    }
    return true;
}

/* ---- pairs of ids to their merge ---- */

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014): every input bit moves every output bit. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

bool pair_map_init(pair_map *m, size_t n)
{
    size_t n_slots = 16; // a power of two; at most half of them are used
    while (n_slots < 2 * n)
        n_slots *= 2;
    *m = (pair_map){.mask = n_slots - 1, .seed = entropy_next(NULL)};
    m->slots = mem_alloc(n_slots * sizeof *m->slots);
    if (m->slots == NULL)
        return false;
    for (size_t s = 0; s < n_slots; s++)
        m->slots[s].left = -1;
    return true;
}

void pair_map_free(pair_map *m)
{
    mem_free(m->slots);
    *m = (pair_map){0};
}

/* The slot of the pair, or the empty slot where it belongs. */
static pair_slot *slot_of(const pair_map *m, int32_t left, int32_t right)
{
    const uint64_t key = ((uint64_t)(uint32_t)left << 32) | (uint32_t)right;
    size_t s = (size_t)mix(m->seed ^ key) & m->mask;
    while (m->slots[s].left >= 0 && (m->slots[s].left != left || m->slots[s].right != right))
        s = (s + 1) & m->mask;
    return &m->slots[s];
}

void pair_map_add(pair_map *m, int32_t left, int32_t right, merge_pair merge)
{
    pair_slot *const slot = slot_of(m, left, right);
    if (slot->left < 0)
        *slot = (pair_slot){.left = left, .right = right, .merge = merge};
}

bool pair_map_find(const pair_map *m, int32_t left, int32_t right, merge_pair *out)
{
    if (m->slots == NULL || left < 0 || right < 0)
        return false;
    const pair_slot *const slot = slot_of(m, left, right);
    *out = slot->merge;
    return slot->left >= 0;
}
