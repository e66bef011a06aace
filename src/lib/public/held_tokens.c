/* held_tokens.c - a short queue: no more tokens wait than the longest stop string has bytes, and empty ones. */
#include "public/held_tokens.h"

#include <string.h>

#include "base/alloc.h"

void held_tokens_clear(held_tokens *h)
{
    mem_free(h->items);
    *h = (held_tokens){0};
}

void held_tokens_end(held_tokens *h, uint64_t n_bytes)
{
    for (size_t i = 0; i < h->n; i++) {
        if (h->items[i].is_open)
            h->items[i].end = n_bytes;
        h->items[i].is_open = false;
    }
}

bool held_tokens_add(held_tokens *h, const held_token *t)
{
    if (!mem_grow(&h->items, &h->cap, h->n + 1, sizeof *h->items))
        return false;
    if (t->end > t->begin)
        held_tokens_end(h, t->end);
    h->items[h->n++] = *t;
    return true;
}

/* A token without text is shown with what precedes it. */
const held_token *held_tokens_first(const held_tokens *h, uint64_t n_shown)
{
    const held_token *const t = h->items;
    if (h->n == 0 || t->is_open)
        return NULL;
    return n_shown > t->begin || n_shown >= t->end ? t : NULL;
}

void held_tokens_pop(held_tokens *h)
{
    memmove(h->items, h->items + 1, --h->n * sizeof *h->items);
}
