/* arena.h - allocations with one lifetime.
 *
 * A loaded run, a parsed protocol and one answer consist of many small strings.  An arena frees them all at once, so no
 * owner has to list them.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

typedef struct arena arena;

/* NULL when memory is short, here and below. */
arena *arena_create(void);
/* Frees everything that was allocated from it.  NULL is accepted. */
void arena_free(arena *a);
/* Zeroed. */
void *arena_alloc(arena *a, size_t size);
/* A copy of s[0..n) with a NUL after it. */
char *arena_copy(arena *a, const char *s, size_t n);

#endif
