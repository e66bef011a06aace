/* vram.c - a thread that writes takes a free lane, or waits for one; a lane is a stream and its buffer. */
#include "gpu/vram.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"

enum { LANES = 4, LANE_BYTES = 4 << 20 };

typedef struct lane {
    device_stream *stream;
    void *buffer; // LANE_BYTES pinned; NULL: copies are from the caller's memory
    bool is_taken;
} lane;

struct vram {
    device *device;
    lane lanes[LANES];
    pthread_mutex_t lock; // of lanes and `first`
    pthread_cond_t freed;
    sw_err first; // error
};

static void keep_error(vram *v, const sw_err *err)
{
    pthread_mutex_lock(&v->lock);
    if (v->first.code == SW_OK)
        v->first = *err;
    pthread_mutex_unlock(&v->lock);
}

/* ---- lanes ------------------------------------------------------------------------------------------------------- */

static lane *free_lane(vram *v)
{
    for (int i = 0; i < LANES; i++) {
        if (!v->lanes[i].is_taken)
            return &v->lanes[i];
    }
    return NULL;
}

static lane *take_lane(vram *v)
{
    lane *l;
    pthread_mutex_lock(&v->lock);
    while ((l = free_lane(v)) == NULL)
        pthread_cond_wait(&v->freed, &v->lock);
    l->is_taken = true;
    pthread_mutex_unlock(&v->lock);
    return l;
}

static void leave_lane(vram *v, lane *l)
{
    pthread_mutex_lock(&v->lock);
    l->is_taken = false;
    pthread_cond_signal(&v->freed);
    pthread_mutex_unlock(&v->lock);
}

/* Copies up to LANE_BYTES and waits for it. */
static sw_code write_part(lane *l, void *to, const void *from, size_t n_bytes, sw_err *err)
{
    if (l->buffer != NULL)
        memcpy(l->buffer, from, n_bytes);
    sw_code code = device_copy(l->stream, to, l->buffer != NULL ? l->buffer : from, n_bytes, COPY_UP, err);
    if (code == SW_OK)
        code = device_stream_wait(l->stream, err);
    return code;
}

/* ---- the tier's functions ---------------------------------------------------------------------------------------- */

static void write_block(void *ud, void *to, const void *from, size_t n_bytes)
{
    vram *const v = ud;
    lane *const l = take_lane(v);
    sw_err err;
    sw_err_clear(&err);
    sw_code code = SW_OK;
    for (size_t at = 0; at < n_bytes && code == SW_OK; at += LANE_BYTES) {
        const size_t n = n_bytes - at < LANE_BYTES ? n_bytes - at : LANE_BYTES;
        code = write_part(l, (uint8_t *)to + at, (const uint8_t *)from + at, n, &err);
    }
    leave_lane(v, l);
    if (code != SW_OK)
        keep_error(v, &err);
}

static sw_code fill_with_zeros(vram *v, void *p, size_t n_bytes, sw_err *err)
{
    lane *const l = take_lane(v);
    sw_code code = device_fill(l->stream, p, 0, n_bytes, err);
    if (code == SW_OK)
        code = device_stream_wait(l->stream, err);
    leave_lane(v, l);
    return code;
}

static void *alloc_block(void *ud, size_t n_bytes)
{
    vram *const v = ud;
    void *p;
    sw_err err;
    sw_err_clear(&err);
    sw_code code = device_alloc(v->device, "weights or keys and values", n_bytes, &p, &err);
    if (code == SW_OK)
        code = fill_with_zeros(v, p, n_bytes, &err);
    if (code == SW_OK)
        return p;
    device_free(v->device, p, n_bytes);
    keep_error(v, &err);
    return NULL;
}

static void free_block(void *ud, void *block, size_t n_bytes)
{
    device_free(((vram *)ud)->device, block, n_bytes);
}

tier_memory vram_memory(vram *v)
{
    return (tier_memory){.alloc = alloc_block, .free = free_block, .write = write_block, .ud = v};
}

sw_code vram_check(vram *v, sw_err *err)
{
    pthread_mutex_lock(&v->lock);
    const sw_err first = v->first;
    pthread_mutex_unlock(&v->lock);
    return first.code == SW_OK ? SW_OK : sw_fail(err, first.code, "%s", first.msg);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* Without pinned memory a lane works too, so that its error is none. */
static sw_code open_lane(device *d, lane *l, sw_err *err)
{
    const sw_code code = device_stream_open(d, &l->stream, err);
    if (code == SW_OK && device_pinned_alloc(d, LANE_BYTES, &l->buffer, NULL) != SW_OK)
        l->buffer = NULL;
    return code;
}

sw_code vram_open(device *d, vram **out, sw_err *err)
{
    vram *const v = mem_calloc(1, sizeof *v);
    *out = NULL;
    if (v == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for uploading", d->name);
    v->device = d;
    pthread_mutex_init(&v->lock, NULL);
    pthread_cond_init(&v->freed, NULL);
    sw_code code = SW_OK;
    for (int i = 0; i < LANES && code == SW_OK; i++)
        code = open_lane(d, &v->lanes[i], err);
    if (code == SW_OK)
        *out = v;
    else
        vram_close(v);
    return code;
}

void vram_close(vram *v)
{
    if (v == NULL)
        return;
    for (int i = 0; i < LANES; i++) {
        device_pinned_free(v->device, v->lanes[i].buffer);
        device_stream_close(v->lanes[i].stream);
    }
    pthread_cond_destroy(&v->freed);
    pthread_mutex_destroy(&v->lock);
    mem_free(v);
}

size_t vram_pinned_bytes(const vram *v)
{
    size_t n = 0;
    for (int i = 0; i < LANES; i++)
        n += v->lanes[i].buffer != NULL ? LANE_BYTES : 0;
    return n;
}
