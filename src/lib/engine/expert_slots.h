/* expert_slots.h - which expert each slot of the cache has, and whether it is there already: bookkeeping without bytes.
 *
 * A slot is free, being filled, or filled.  An expert that leaves gives its slot to the one that comes, so a layer
 * never has two experts in a slot or one expert in two.
 */
#ifndef ENGINE_EXPERT_SLOTS_H
#define ENGINE_EXPERT_SLOTS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct expert_slots {
    size_t n_layers;
    int n_experts;
    int *n_slots;  // (n_layers)
    int *slot_of;  // (n_layers, n_experts); -1: none
    bool *is_held; // (n_layers, n_experts): its slot is filled
} expert_slots;

/* All slots are free; n_slots (n_layers).  Returns false when memory is short; *s is then still to be freed. */
bool expert_slots_init(expert_slots *s, size_t n_layers, int n_experts, const int *n_slots);
void expert_slots_free(expert_slots *s);

/* The slot of an expert that is to come: that of `out`, which leaves it, or if `out` is -1 a free one.  It is being
 * filled from now on.  -1: `out` has no slot, none is free, or the expert has one. */
int expert_slots_begin(expert_slots *s, size_t layer, int in, int out);
/* The expert's slot is filled. */
void expert_slots_fill(expert_slots *s, size_t layer, int expert);

/* -1: none. */
static inline int expert_slots_find(const expert_slots *s, size_t layer, int expert)
{
    return s->slot_of[layer * (size_t)s->n_experts + (size_t)expert];
}

static inline bool expert_slots_holds(const expert_slots *s, size_t layer, int expert)
{
    return s->is_held[layer * (size_t)s->n_experts + (size_t)expert];
}

#endif
