/* alloc.h - every heap allocation of the project goes through here.
 *
 * There is one allocator per process.  Tests replace it before first use, to make the n-th allocation fail or to count
 * live bytes.  Sizes from outside are multiplied with size_mul_ok first.  Large arrays (weights, KV pages, scratch)
 * come from mem_big_alloc, as pages of the system.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mem_allocator {
    void *(*resize)(void *ud, void *p, size_t size); // as realloc; size 0 frees, p NULL allocates; any thread
    void *ud;
} mem_allocator;

/* Replaces the allocator; NULL restores the system's.  Not thread-safe: call it before anything is allocated. */
void mem_set_allocator(const mem_allocator *a);

/* NULL when memory is short; a size of 0 gives a valid pointer.  Free with mem_free. */
void *mem_alloc(size_t size);
/* Zeroed; n * size may overflow, which counts as short memory. */
void *mem_calloc(size_t n, size_t size);
/* On failure the old block is unchanged. */
void *mem_realloc(void *p, size_t size);
/* NULL is accepted. */
void mem_free(void *p);
/* Returns freed memory to the system, where the C library keeps it otherwise: that of this thread, and most of that of
 * others; takes milliseconds. */
void mem_trim(void);
/* Fixes the size from which freed memory returns at once at 1 MiB, for the whole process: the C library raises it
 * otherwise with every large block, to 64 MiB, and keeps as much of each thread's.  For programs that run for long. */
void mem_return_early(void);
/* Copies with a NUL at the end; mem_strndup takes exactly n bytes. */
char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t n);

/* Grows the array at *items_ptr (elements of `size` bytes, a pointer of any type) so that n_wanted elements fit; *cap
 * is its capacity, which at least doubles.  False when memory is short; the array is then unchanged. */
bool mem_grow(void *items_ptr, size_t *cap, size_t n_wanted, size_t size);

/* Zeroed pages, so at least 64-byte aligned; large blocks get huge pages where the system has them.  NULL when memory
 * is short.  Free with mem_big_free and the same size. */
void *mem_big_alloc(size_t size);
void mem_big_free(void *p, size_t size);

/* *out is the product or the sum.  False on overflow of 64 bits. */
static inline bool size_mul_ok(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

static inline bool size_add_ok(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

#endif
