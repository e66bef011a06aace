/* alloc.h - every heap allocation of the project goes through here.
 *
 * One process-wide allocator, replaceable before first use, so that tests can make the n-th allocation fail.  Sizes
 * that come from outside are multiplied with sw_mul_ok first.  Large arrays (weights, KV pages, scratch) come from
 * sw_big_alloc, which asks the system for pages directly.
 */
#ifndef SW_ALLOC_H
#define SW_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sw_allocator {
    void *(*resize)(void *ud, void *p, size_t size); // size 0 frees; p NULL allocates
    void *ud;
} sw_allocator;

/* Replaces the allocator; NULL restores the system's.  Not thread-safe: call before anything is allocated. */
void sw_set_allocator(const sw_allocator *a);

/* NULL when memory is short; a size of 0 gives a valid pointer. */
void *sw_alloc(size_t size);
void *sw_calloc(size_t n, size_t size);
/* Leaves the old block alone on failure. */
void *sw_realloc(void *p, size_t size);
void sw_free(void *p);
char *sw_strdup(const char *s);
char *sw_strndup(const char *s, size_t n);

/* Grows *items (elements of `size` bytes) so that n_wanted fit; *cap is the capacity.  False when memory is short. */
bool sw_grow(void *items_ptr, size_t *cap, size_t n_wanted, size_t size);

/* Zeroed, 64-byte aligned at least, page-backed; huge pages are asked for when the block is large. */
void *sw_big_alloc(size_t size);
void sw_big_free(void *p, size_t size);

static inline bool sw_mul_ok(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

static inline bool sw_add_ok(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

#endif
