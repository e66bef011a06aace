/* alloc.c - the replaceable allocator, and pages straight from the system. */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static void *system_resize(void *ud, void *p, size_t size)
{
    (void)ud;
    if (size == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, size);
}

static const mem_allocator SYSTEM_ALLOCATOR = {system_resize, NULL};
static mem_allocator allocator = {system_resize, NULL};

void mem_set_allocator(const mem_allocator *a)
{
    allocator = a != NULL ? *a : SYSTEM_ALLOCATOR;
}

void *mem_realloc(void *p, size_t size)
{
    return allocator.resize(allocator.ud, p, size > 0 ? size : 1);
}

void *mem_alloc(size_t size)
{
    return mem_realloc(NULL, size);
}

void *mem_calloc(size_t n, size_t size)
{
    uint64_t bytes;
    if (!size_mul_ok(n, size, &bytes) || bytes > SIZE_MAX)
        return NULL;
    void *const p = mem_alloc((size_t)bytes);
    if (p != NULL)
        memset(p, 0, (size_t)bytes);
    return p;
}

void mem_free(void *p)
{
    if (p != NULL)
        allocator.resize(allocator.ud, p, 0);
}

/* malloc_trim leaves out what is free at the end of a thread's memory; freeing a block of more than 64 KiB returns
 * that, if it is more than the threshold of mem_return_early. */
void mem_trim(void)
{
#ifdef __GLIBC__
    enum { BLOCK_BYTES = 98304 };
    (void)malloc_trim(0);
    mem_free(mem_alloc(BLOCK_BYTES));
#endif
}

void mem_return_early(void)
{
#ifdef __GLIBC__
    static const int BYTES = 1 << 20;
    (void)mallopt(M_MMAP_THRESHOLD, BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, BYTES);
#endif
}

char *mem_strndup(const char *s, size_t n)
{
    char *const copy = mem_alloc(n + 1);
    if (copy != NULL) {
        memcpy(copy, s, n);
        copy[n] = '\0';
    }
    return copy;
}

char *mem_strdup(const char *s)
{
    return mem_strndup(s, strlen(s));
}

bool mem_grow(void *items_ptr, size_t *cap, size_t n_wanted, size_t size)
{
    if (n_wanted <= *cap)
        return true;
    size_t new_cap = *cap < 8 ? 8 : *cap;
    while (new_cap < n_wanted) {
        if (new_cap > SIZE_MAX / 2 / size)
            return false;
        new_cap *= 2;
    }
    void *items;
    memcpy(&items, items_ptr, sizeof items); // a cast to void ** would break aliasing rules
    items = mem_realloc(items, new_cap * size);
    if (items == NULL)
        return false;
    memcpy(items_ptr, &items, sizeof items);
    *cap = new_cap;
    return true;
}

enum { HUGE_PAGE = 2 << 20 };

void *mem_big_alloc(size_t size)
{
    // One byte of the replaceable allocator, so that tests can make this fail too.
    void *const ticket = mem_alloc(1);
    if (ticket == NULL)
        return NULL;
    mem_free(ticket);
    void *const p = mmap(NULL, size > 0 ? size : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (size >= HUGE_PAGE)
        (void)madvise(p, size, MADV_HUGEPAGE); // optional: without huge pages everything works, but slower
    return p;
}

void mem_big_free(void *p, size_t size)
{
    if (p != NULL)
        munmap(p, size > 0 ? size : 1);
}
