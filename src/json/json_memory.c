/* json_memory.c - allocations of jansson, one thread's spare block, and a source that ends early. */
#include "json/json_memory.h"

#include <stdint.h>

#include "base/alloc.h"

enum { ALIGNMENT = 16, SPARE_BYTES = 4096 }; // besides what a token as long as the text can need

/* Of the text that this thread loads. */
static _Thread_local struct {
    bool has_failed;
    char *spare; // (size); NULL: nothing is loaded
    size_t size, used;
} loading;

/* ---- allocations ------------------------------------------------------------------------------------------------ */

static void *alloc(size_t n)
{
    void *const p = mem_alloc(n);
    if (p != NULL)
        return p;
    loading.has_failed = true;
    const size_t n_taken = (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (loading.spare == NULL || n_taken < n || n_taken > loading.size - loading.used)
        return NULL;
    loading.used += n_taken;
    return loading.spare + loading.used - n_taken;
}

static void release(void *p)
{
    const uintptr_t begin = (uintptr_t)loading.spare, at = (uintptr_t)p;
    if (loading.spare == NULL || at < begin || at - begin >= loading.size)
        mem_free(p);
}

/* Before main, since jansson keeps the functions in plain variables that every thread reads. */
__attribute__((constructor)) static void take_over_allocations(void)
{
    json_set_alloc_funcs(alloc, release);
}

/* ---- loading ---------------------------------------------------------------------------------------------------- */

bool json_memory_begin(size_t n)
{
    loading.has_failed = false;
    loading.used = 0;
    loading.size = 4 * n + SPARE_BYTES; // the buffer doubles, and the token is copied
    loading.spare = mem_alloc(loading.size);
    return loading.spare != NULL;
}

typedef struct text_source {
    const char *at, *end;
} text_source;

/* One byte at a time, so that no byte is read after an allocation has failed. */
static size_t next_byte(void *to, size_t size, void *ud)
{
    text_source *const s = ud;
    if (s->at == s->end || size == 0 || loading.has_failed)
        return 0;
    *(char *)to = *s->at++;
    return 1;
}

json_t *json_memory_read(const char *text, size_t n, size_t flags, json_error_t *why)
{
    text_source source = {text, text + n};
    return json_load_callback(next_byte, &source, flags, why);
}

void json_memory_fail(void)
{
    loading.has_failed = true;
}

bool json_memory_end(json_t **root)
{
    if (loading.has_failed) {
        json_decref(*root);
        *root = NULL;
    }
    mem_free(loading.spare);
    loading.spare = NULL;
    return !loading.has_failed;
}
