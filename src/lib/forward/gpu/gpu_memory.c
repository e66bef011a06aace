/* gpu_memory.c - some lanes, each a stream with a piece of pinned memory; a thread waits for its lane. */
#include "forward/gpu/gpu_memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"

enum { LANES = 4, LANE_BYTES = 512 << 10 };

typedef struct lane {
    pthread_mutex_t lock;
    device_stream *stream;
    void *staging;
} lane;

struct gpu_memory {
    device *device;
    lane lanes[LANES];
    atomic_uint next;
    uint8_t *slab;
    size_t slab_bytes, slab_used;
    pthread_mutex_t lock; // of what follows
    sw_code code;
    sw_err err;
};

static void note_failure(gpu_memory *m, sw_code code, const sw_err *err)
{
    pthread_mutex_lock(&m->lock);
    if (m->code == SW_OK && code != SW_OK) {
        m->code = code;
        m->err = *err;
    }
    pthread_mutex_unlock(&m->lock);
}

sw_code gpu_memory_check(gpu_memory *m, sw_err *err)
{
    pthread_mutex_lock(&m->lock);
    const sw_code code = m->code == SW_OK ? SW_OK : sw_fail(err, m->code, "%s", m->err.msg);
    pthread_mutex_unlock(&m->lock);
    return code;
}

/* ---- weights ----------------------------------------------------------------------------------------------------- */

/* Device memory of zeros. */
static sw_code alloc_zeroed(gpu_memory *m, const char *what, size_t n_bytes, void **out, sw_err *err)
{
    lane *const l = &m->lanes[0];
    sw_code code = device_alloc(m->device, what, n_bytes, out, err);
    if (code != SW_OK)
        return code;
    pthread_mutex_lock(&l->lock);
    code = device_fill(l->stream, *out, 0, n_bytes, err);
    if (code == SW_OK)
        code = device_stream_wait(l->stream, err);
    pthread_mutex_unlock(&l->lock);
    if (code == SW_OK)
        return code;
    device_free(m->device, *out, n_bytes);
    *out = NULL;
    return code;
}

static void *alloc_weights(void *ud, size_t n_bytes)
{
    gpu_memory *const m = ud;
    sw_err err;
    sw_err_clear(&err);
    void *p;
    note_failure(m, alloc_zeroed(m, "weights", n_bytes, &p, &err), &err);
    return p;
}

static void free_weights(void *ud, void *p, size_t n_bytes)
{
    device_free(((gpu_memory *)ud)->device, p, n_bytes);
}

static sw_code write_part(lane *l, uint8_t *to, const uint8_t *from, size_t n, sw_err *err)
{
    memcpy(l->staging, from, n);
    const sw_code code = device_copy(l->stream, to, l->staging, n, COPY_UP, err);
    return code == SW_OK ? device_stream_wait(l->stream, err) : code;
}

static void write_weights(void *ud, void *to, const void *from, size_t n_bytes)
{
    gpu_memory *const m = ud;
    lane *const l = &m->lanes[atomic_fetch_add(&m->next, 1) % LANES];
    sw_err err;
    sw_err_clear(&err);
    sw_code code = SW_OK;
    pthread_mutex_lock(&l->lock);
    for (size_t at = 0; at < n_bytes && code == SW_OK; at += LANE_BYTES) {
        const size_t left = n_bytes - at;
        code =
            write_part(l, (uint8_t *)to + at, (const uint8_t *)from + at, left < LANE_BYTES ? left : LANE_BYTES, &err);
    }
    pthread_mutex_unlock(&l->lock);
    note_failure(m, code, &err);
}

tier_memory gpu_memory_weights(gpu_memory *m)
{
    return (tier_memory){.alloc = alloc_weights, .free = free_weights, .write = write_weights, .ud = m};
}

/* ---- pages ------------------------------------------------------------------------------------------------------- */

sw_code gpu_memory_reserve_pages(gpu_memory *m, size_t n_bytes, sw_err *err)
{
    void *p = NULL;
    const sw_code code = n_bytes > 0 ? alloc_zeroed(m, "keys and values", n_bytes, &p, err) : SW_OK;
    if (code == SW_OK) {
        m->slab = p;
        m->slab_bytes = n_bytes;
    }
    return code;
}

static void *alloc_page(void *ud, size_t n_bytes)
{
    gpu_memory *const m = ud;
    if (n_bytes > m->slab_bytes - m->slab_used)
        return NULL;
    m->slab_used += n_bytes;
    return m->slab + m->slab_used - n_bytes;
}

static void free_page(void *ud, void *page, size_t n_bytes)
{
    (void)ud, (void)page, (void)n_bytes;
}

tier_memory gpu_memory_pages(gpu_memory *m)
{
    return (tier_memory){.alloc = alloc_page, .free = free_page, .write = write_weights, .ud = m};
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

void gpu_memory_close(gpu_memory *m)
{
    if (m == NULL)
        return;
    for (int i = 0; i < LANES; i++) {
        device_stream_close(m->lanes[i].stream);
        device_pinned_free(m->device, m->lanes[i].staging);
        pthread_mutex_destroy(&m->lanes[i].lock);
    }
    device_free(m->device, m->slab, m->slab_bytes);
    pthread_mutex_destroy(&m->lock);
    mem_free(m);
}

sw_code gpu_memory_open(device *d, gpu_memory **out, sw_err *err)
{
    *out = NULL;
    gpu_memory *const m = mem_calloc(1, sizeof *m);
    if (m == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for its description", d->name);
    m->device = d;
    pthread_mutex_init(&m->lock, NULL);
    sw_code code = SW_OK;
    for (int i = 0; i < LANES; i++) {
        lane *const l = &m->lanes[i];
        pthread_mutex_init(&l->lock, NULL);
        if (code == SW_OK)
            code = device_stream_open(d, &l->stream, err);
        if (code == SW_OK)
            code = device_pinned_alloc(d, LANE_BYTES, &l->staging, err);
    }
    if (code != SW_OK) {
        gpu_memory_close(m);
        return code;
    }
    *out = m;
    return SW_OK;
}
