/* alloc.h - every heap allocation of the project goes through here.
 *
 * One process-wide allocator, replaceable before first use, so that tests can make the n-th allocation fail.  Sizes
 * that come from outside are multiplied with size_mul_ok first.  Large arrays (weights, KV pages, scratch) come from
 * mem_big_alloc, which asks the system for pages directly.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mem_allocator {
    void *(*resize)(void *ud, void *p, size_t size); // size 0 frees; p NULL allocates
    void *ud;
} mem_allocator;

/* Replaces the allocator; NULL restores the system's.  Not thread-safe: call before anything is allocated. */
void mem_set_allocator(const mem_allocator *a);

/* NULL when memory is short; a size of 0 gives a valid pointer. */
void *mem_alloc(size_t size);
void *mem_calloc(size_t n, size_t size);
/* Leaves the old block alone on failure. */
void *mem_realloc(void *p, size_t size);
void mem_free(void *p);
char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t n);

/* Grows *items (elements of `size` bytes) so that n_wanted fit; *cap is the capacity.  False when memory is short. */
bool mem_grow(void *items_ptr, size_t *cap, size_t n_wanted, size_t size);

/* Zeroed, 64-byte aligned at least, page-backed; huge pages are asked for when the block is large. */
void *mem_big_alloc(size_t size);
void mem_big_free(void *p, size_t size);

static inline bool size_mul_ok(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

static inline bool size_add_ok(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

#endif
