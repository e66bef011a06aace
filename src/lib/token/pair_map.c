#include "token/pair_map.h"

#include "base/alloc.h"
#include "base/rng.h"

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

/* The slot that holds the pair, or the empty slot where it would go. */
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
