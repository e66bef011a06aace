/* scratch.c - a list of page-backed arrays; see scratch.h. */
#include "forward/scratch.h"

#include "base/alloc.h"

struct scratch_piece {
    void *at;
    size_t n_bytes;
};

void *scratch_items(scratch *s, size_t n, size_t item_bytes)
{
    const scratch_piece piece = {.n_bytes = n * item_bytes};
    if (s->has_failed || !mem_grow(&s->pieces, &s->cap_pieces, s->n_pieces + 1, sizeof *s->pieces)) {
        s->has_failed = true;
        return NULL;
    }
    scratch_piece *const p = &s->pieces[s->n_pieces];
    *p = piece;
    p->at = mem_big_alloc(p->n_bytes);
    s->has_failed = p->at == NULL;
    s->n_pieces += p->at != NULL;
    s->n_bytes += p->at != NULL ? p->n_bytes : 0;
    return p->at;
}

void scratch_free(scratch *s)
{
    for (size_t i = 0; i < s->n_pieces; i++)
        mem_big_free(s->pieces[i].at, s->pieces[i].n_bytes);
    mem_free(s->pieces);
    *s = (scratch){0};
}
