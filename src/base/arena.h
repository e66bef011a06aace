/* keep.h - allocations that live and die together.
 *
 * A loaded run, a parsed protocol and one answer hold many small strings with one lifetime; a keep frees them at once,
 * so that nobody has to list them.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

typedef struct arena arena;

/* NULL when memory is short, here and below. */
arena *arena_create(void);
void arena_free(arena *keep);
void *arena_alloc(arena *keep, size_t size);
/* A copy of s[0..n) with a NUL after it. */
char *arena_copy(arena *keep, const char *s, size_t n);

#endif
