/* expert_slots.c - two entries per expert; a free slot is looked for among them. */
#include "engine/expert_slots.h"

#include <string.h>

#include "base/alloc.h"

bool expert_slots_init(expert_slots *s, size_t n_layers, int n_experts, const int *n_slots)
{
    const size_t n = n_layers * (size_t)n_experts;
    *s = (expert_slots){.n_layers = n_layers,
                        .n_experts = n_experts,
                        .n_slots = mem_calloc(n_layers, sizeof *s->n_slots),
                        .slot_of = mem_calloc(n, sizeof *s->slot_of),
                        .is_held = mem_calloc(n, sizeof *s->is_held)};
    if (s->n_slots == NULL || s->slot_of == NULL || s->is_held == NULL)
        return false;
    memcpy(s->n_slots, n_slots, n_layers * sizeof *n_slots);
    for (size_t i = 0; i < n; i++)
        s->slot_of[i] = -1;
    return true;
}

void expert_slots_free(expert_slots *s)
{
    mem_free(s->n_slots);
    mem_free(s->slot_of);
    mem_free(s->is_held);
    *s = (expert_slots){.n_slots = NULL};
}

/* -1: none. */
static int free_slot(const expert_slots *s, size_t l)
{
    for (int slot = 0; slot < s->n_slots[l]; slot++) {
        bool is_taken = false;
        for (int e = 0; e < s->n_experts; e++)
            is_taken = is_taken || expert_slots_find(s, l, e) == slot;
        if (!is_taken)
            return slot;
    }
    return -1;
}

int expert_slots_begin(expert_slots *s, size_t l, int in, int out)
{
    int *const slots = s->slot_of + l * (size_t)s->n_experts;
    const int slot = out >= 0 ? slots[out] : free_slot(s, l);
    if (slot < 0 || slots[in] >= 0)
        return -1;
    if (out >= 0) {
        slots[out] = -1;
        s->is_held[l * (size_t)s->n_experts + (size_t)out] = false;
    }
    slots[in] = slot;
    return slot;
}

void expert_slots_fill(expert_slots *s, size_t l, int expert)
{
    const size_t at = l * (size_t)s->n_experts + (size_t)expert;
    s->is_held[at] = s->slot_of[at] >= 0;
}
