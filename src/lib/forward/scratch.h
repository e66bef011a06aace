/* scratch.h - the working memory of a backend: arrays that are allocated one by one and freed together.
 *
 * A failure sticks, so that blocks allocate all that they need and the caller checks once.  Nothing is allocated after
 * the blocks are set up: a step finds its memory there.
 */
#ifndef FORWARD_SCRATCH_H
#define FORWARD_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct scratch_piece scratch_piece;

typedef struct scratch {
    scratch_piece *pieces;
    size_t n_pieces, cap_pieces;
    size_t n_bytes; // of all pieces
    bool has_failed;
} scratch;

/* Zeroed and 64-byte aligned; NULL, and has_failed is set, when memory is short. */
void *scratch_items(scratch *s, size_t n, size_t item_bytes);
static inline float *scratch_floats(scratch *s, size_t n)
{
    return scratch_items(s, n, sizeof(float));
}

void scratch_free(scratch *s);

#endif
