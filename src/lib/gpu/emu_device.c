/* emu_device.c - an emulated device's memory, streams, events and graphs.
 *
 * A stream is a queue of steps that are done when something waits for it, and not before: what the host reads too
 * early, or overwrites too early, shows in the results.  A graph is such a queue that is kept.
 */
#include "gpu/emu_device.h"

#ifndef SPILLWAY_GPU_EMULATION

sw_code emu_open(const char *size, const device_options *o, device **out, sw_err *err)
{
    (void)o;
    *out = NULL;
    return sw_fail(err, SW_EUNSUPPORTED, "emu:%s: only builds with tests have the emulated GPU (-DSPILLWAY_TESTS=ON)",
                   size);
}

#else

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gpu/emu_run.h"

enum { ARGS_MAX = 512 };

/* A block of memory that kernels may use. */
typedef struct region {
    uintptr_t begin; // as kernels' structs have it: with EMU_DEVICE_OFFSET, unless it is this machine's
    size_t n_bytes;
} region;

typedef struct emu_device {
    device base;
    size_t total, used;   // bytes
    pthread_mutex_t lock; // of what follows
    region *regions;
    size_t n_regions, cap;
    char lost[SW_ERR_MSG_BYTES]; // why the device is lost, or ""
} emu_device;

typedef struct emu_stream emu_stream;

typedef struct emu_event {
    device_event base;
    emu_stream *stream; // where it was recorded last; NULL: nowhere, or the stream is closed
    uint64_t n_steps;   // of the stream, that are before it
} emu_event;

typedef enum step_kind { STEP_COPY, STEP_FILL, STEP_LAUNCH, STEP_JOIN } step_kind;

typedef struct step {
    step_kind kind;
    void *to;
    const void *from;
    size_t n_bytes;
    int byte;
    emu_stream *other; // to have done n_bytes steps: a join
    device_launch launch;
    unsigned char args[ARGS_MAX] __attribute__((aligned(16)));
} step;

typedef struct steps {
    step *list;
    size_t n, cap;
} steps;

struct emu_stream {
    device_stream base;
    steps queue;
    uint64_t n_given, n_done; // ever; the queue's last steps are those that are not done
    bool is_capturing;
    steps captured;
};

typedef struct emu_graph {
    device_graph base;
    steps steps;
} emu_graph;

static emu_device *of(device *d)
{
    return (emu_device *)(void *)d;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static sw_code add_region(emu_device *d, region r, sw_err *err)
{
    pthread_mutex_lock(&d->lock);
    const bool has_room = mem_grow(&d->regions, &d->cap, d->n_regions + 1, sizeof *d->regions);
    if (has_room)
        d->regions[d->n_regions++] = r;
    pthread_mutex_unlock(&d->lock);
    return has_room ? SW_OK : sw_fail(err, SW_ENOMEM, "no memory for the list of memory");
}

static size_t remove_region(emu_device *d, uintptr_t begin)
{
    size_t n_bytes = 0;
    pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < d->n_regions; i++) {
        if (d->regions[i].begin == begin) {
            n_bytes = d->regions[i].n_bytes;
            d->regions[i] = d->regions[--d->n_regions];
            break;
        }
    }
    pthread_mutex_unlock(&d->lock);
    return n_bytes;
}

/* Returns true if [p, p + n_bytes) is memory that the device knows. */
static bool is_known(emu_device *d, const void *p, size_t n_bytes)
{
    bool is_in = false;
    const uintptr_t at = (uintptr_t)p;
    pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < d->n_regions && !is_in; i++) {
        const region *const r = &d->regions[i];
        is_in = at >= r->begin && at - r->begin <= r->n_bytes && n_bytes <= r->n_bytes - (at - r->begin);
    }
    pthread_mutex_unlock(&d->lock);
    return is_in;
}

/* An address as this process may use it. */
static void *here(const void *p)
{
    const uintptr_t at = (uintptr_t)p;
    return (void *)(at >= EMU_DEVICE_OFFSET ? at - EMU_DEVICE_OFFSET : at);
}

static sw_code memory(device *base, size_t *free_out, size_t *total_out, sw_err *err)
{
    (void)err;
    emu_device *const d = of(base);
    pthread_mutex_lock(&d->lock);
    *total_out = d->total;
    *free_out = d->total - d->used;
    pthread_mutex_unlock(&d->lock);
    return SW_OK;
}

/* Not the project's allocator: this stands for the memory of another device, and its end is where a sanitizer looks. */
static sw_code alloc(device *base, size_t n_bytes, void **out, sw_err *err)
{
    emu_device *const d = of(base);
    pthread_mutex_lock(&d->lock);
    const bool fits = n_bytes <= d->total - d->used;
    const size_t used = d->used;
    d->used += fits ? n_bytes : 0;
    pthread_mutex_unlock(&d->lock);
    void *p = NULL;
    if (!fits)
        return sw_fail(err, SW_ENOMEM, "%zu of %zu bytes are taken", used, d->total);
    if (posix_memalign(&p, DEVICE_ALIGNMENT, n_bytes) != 0)
        return sw_fail(err, SW_ENOMEM, "this machine has no memory for the emulated device");
    memset(p, 0xee, n_bytes);
    *out = (void *)((uintptr_t)p + EMU_DEVICE_OFFSET);
    return add_region(d, (region){(uintptr_t)*out, n_bytes}, err);
}

static void free_memory(device *base, void *p)
{
    emu_device *const d = of(base);
    const size_t n_bytes = remove_region(d, (uintptr_t)p);
    pthread_mutex_lock(&d->lock);
    d->used -= n_bytes;
    pthread_mutex_unlock(&d->lock);
    free(here(p));
}

static sw_code pinned_alloc(device *base, size_t n_bytes, void **out, sw_err *err)
{
    void *p = NULL;
    if (posix_memalign(&p, DEVICE_ALIGNMENT, n_bytes) != 0)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for %zu pinned bytes", base->name, n_bytes);
    *out = p;
    return add_region(of(base), (region){(uintptr_t)p, n_bytes}, err);
}

static void pinned_free(device *base, void *p)
{
    remove_region(of(base), (uintptr_t)p);
    free(p);
}

static sw_code pin(device *base, void *p, size_t n_bytes, sw_err *err)
{
    return add_region(of(base), (region){(uintptr_t)p, n_bytes}, err);
}

static void unpin(device *base, void *p)
{
    remove_region(of(base), (uintptr_t)p);
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static sw_code lose(emu_device *d, const sw_err *why)
{
    if (d->lost[0] == '\0')
        memcpy(d->lost, why->msg, sizeof d->lost);
    return why->code;
}

static sw_code check_alive(emu_device *d, sw_err *err)
{
    return d->lost[0] == '\0' ? SW_OK : sw_fail(err, SW_EIO, "%s is lost: %s", d->base.name, d->lost);
}

/* Turns the pointers at the beginning of a kernel's struct into addresses of this process. */
static sw_code open_pointers(emu_device *d, step *s, unsigned char *args, sw_err *err)
{
    const kernel_facts *const k = &KERNEL_FACTS[s->launch.kernel];
    memcpy(args, s->args, k->args_bytes);
    for (size_t i = 0; i < k->n_pointers; i++) {
        void *p;
        memcpy(&p, args + i * sizeof p, sizeof p);
        if (p == NULL)
            continue;
        if (!is_known(d, p, 1))
            return sw_fail(err, SW_EIO, "kernel %s: pointer %zu, %p, is not the device's memory", k->name, i, p);
        p = here(p);
        memcpy(args + i * sizeof p, &p, sizeof p);
    }
    return SW_OK;
}

static sw_code run_launch(emu_device *d, step *s, sw_err *err)
{
    unsigned char args[ARGS_MAX] __attribute__((aligned(16)));
    const sw_code code = open_pointers(d, s, args, err);
    if (code != SW_OK)
        return code;
    device_launch l = s->launch;
    l.args = args;
    return emu_run(&l, err);
}

static sw_code run_until(emu_stream *s, uint64_t n_steps, sw_err *err);

static sw_code run_step(emu_device *d, step *s, sw_err *err)
{
    switch (s->kind) {
    case STEP_COPY: memmove(here(s->to), here(s->from), s->n_bytes); return SW_OK;
    case STEP_FILL: memset(here(s->to), s->byte, s->n_bytes); return SW_OK;
    case STEP_JOIN: return run_until(s->other, s->n_bytes, err);
    default: return run_launch(d, s, err);
    }
}

/* Until the stream has done n_steps of all that it was ever given. */
static sw_code run_until(emu_stream *s, uint64_t n_steps, sw_err *err)
{
    emu_device *const d = of(s->base.device);
    sw_code code = check_alive(d, err);
    const size_t first = s->queue.n - (size_t)(s->n_given - s->n_done);
    for (size_t i = first; code == SW_OK && s->n_done < n_steps; i++) {
        sw_err why;
        sw_err_clear(&why);
        step now = s->queue.list[i];
        code = run_step(d, &now, &why);
        if (code != SW_OK)
            code = sw_fail(err, lose(d, &why), "%s: %s", d->base.name, why.msg);
        s->n_done++;
    }
    if (s->n_done == s->n_given)
        s->queue.n = 0;
    return code;
}

static sw_code add_step(steps *to, const step *s, sw_err *err)
{
    if (!mem_grow(&to->list, &to->cap, to->n + 1, sizeof *to->list))
        return sw_fail(err, SW_ENOMEM, "no memory for the emulated device's queue");
    to->list[to->n++] = *s;
    return SW_OK;
}

static sw_code give(device_stream *base, const step *s, sw_err *err)
{
    emu_stream *const st = (emu_stream *)(void *)base;
    sw_code code = check_alive(of(base->device), err);
    if (code != SW_OK)
        return code;
    if (st->is_capturing)
        return add_step(&st->captured, s, err);
    code = add_step(&st->queue, s, err);
    st->n_given += code == SW_OK;
    return code;
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

static sw_code stream_open(device *d, device_stream **out, sw_err *err)
{
    emu_stream *const s = mem_calloc(1, sizeof *s);
    if (s == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for a stream", d->name);
    s->base.device = d;
    *out = &s->base;
    return SW_OK;
}

static void stream_close(device_stream *base)
{
    emu_stream *const s = (emu_stream *)(void *)base;
    mem_free(s->queue.list);
    mem_free(s->captured.list);
    mem_free(s);
}

static sw_code stream_wait(device_stream *base, sw_err *err)
{
    emu_stream *const s = (emu_stream *)(void *)base;
    if (s->is_capturing)
        return sw_fail(err, SW_EINVAL, "%s: a stream that is captured cannot be waited for", base->device->name);
    return run_until(s, s->n_given, err);
}

static sw_code check_side(device_stream *s, const void *p, size_t n_bytes, bool is_device, sw_err *err)
{
    if (!is_device || is_known(of(s->device), p, n_bytes))
        return SW_OK;
    return sw_fail(err, SW_EINVAL, "%s: copy: %zu bytes at %p are not the device's memory", s->device->name, n_bytes,
                   p);
}

static sw_code copy(device_stream *s, void *to, const void *from, size_t n_bytes, device_way way, sw_err *err)
{
    sw_code code = check_side(s, to, n_bytes, way != COPY_DOWN, err);
    if (code == SW_OK)
        code = check_side(s, from, n_bytes, way != COPY_UP, err);
    const step now = {.kind = STEP_COPY, .to = to, .from = from, .n_bytes = n_bytes};
    return code == SW_OK ? give(s, &now, err) : code;
}

static sw_code fill(device_stream *s, void *to, int byte, size_t n_bytes, sw_err *err)
{
    const sw_code code = check_side(s, to, n_bytes, true, err);
    const step now = {.kind = STEP_FILL, .to = to, .byte = byte, .n_bytes = n_bytes};
    return code == SW_OK ? give(s, &now, err) : code;
}

static sw_code launch(device_stream *s, const device_launch *l, sw_err *err)
{
    step now = {.kind = STEP_LAUNCH, .launch = *l};
    memcpy(now.args, l->args, KERNEL_FACTS[l->kernel].args_bytes);
    now.launch.args = NULL;
    return give(s, &now, err);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static sw_code event_open(device *d, device_event **out, sw_err *err)
{
    emu_event *const e = mem_calloc(1, sizeof *e);
    if (e == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for an event", d->name);
    e->base.device = d;
    *out = &e->base;
    return SW_OK;
}

static void event_close(device_event *e)
{
    mem_free(e);
}

static sw_code event_record(device_event *base, device_stream *s, sw_err *err)
{
    (void)err;
    emu_event *const e = (emu_event *)(void *)base;
    e->stream = (emu_stream *)(void *)s;
    e->n_steps = e->stream->n_given;
    return SW_OK;
}

static sw_code event_wait(device_event *base, sw_err *err)
{
    const emu_event *const e = (const emu_event *)(const void *)base;
    return e->stream == NULL || e->stream->n_done >= e->n_steps ? SW_OK : run_until(e->stream, e->n_steps, err);
}

static sw_code event_join(device_event *base, device_stream *s, sw_err *err)
{
    const emu_event *const e = (const emu_event *)(const void *)base;
    if (e->stream == NULL || (device_stream *)(void *)e->stream == s)
        return SW_OK;
    return give(s, &(step){.kind = STEP_JOIN, .other = e->stream, .n_bytes = e->n_steps}, err);
}

static sw_code event_us(const device_event *from, const device_event *to, double *out, sw_err *err)
{
    (void)from, (void)to, (void)err;
    *out = 0;
    return SW_OK;
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

static sw_code capture_begin(device_stream *base, sw_err *err)
{
    emu_stream *const s = (emu_stream *)(void *)base;
    if (s->is_capturing)
        return sw_fail(err, SW_EINVAL, "%s: the stream is captured already", base->device->name);
    s->is_capturing = true;
    s->captured.n = 0;
    return SW_OK;
}

static sw_code capture_end(device_stream *base, device_graph **out, sw_err *err)
{
    emu_stream *const s = (emu_stream *)(void *)base;
    emu_graph *const g = s->is_capturing ? mem_calloc(1, sizeof *g) : NULL;
    if (!s->is_capturing)
        return sw_fail(err, SW_EINVAL, "%s: the stream is not captured", base->device->name);
    s->is_capturing = false;
    if (g == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for a graph", base->device->name);
    g->base.device = base->device;
    g->steps = s->captured;
    s->captured = (steps){0};
    *out = &g->base;
    return SW_OK;
}

static sw_code graph_launch(device_graph *base, device_stream *s, sw_err *err)
{
    const emu_graph *const g = (const emu_graph *)(const void *)base;
    sw_code code = SW_OK;
    for (size_t i = 0; i < g->steps.n && code == SW_OK; i++)
        code = give(s, &g->steps.list[i], err);
    return code;
}

static void graph_close(device_graph *base)
{
    emu_graph *const g = (emu_graph *)(void *)base;
    mem_free(g->steps.list);
    mem_free(g);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static void close_device(device *base)
{
    emu_device *const d = of(base);
    pthread_mutex_destroy(&d->lock);
    mem_free(d->regions);
    mem_free(d);
}

static const device_ops OPS = {
    .close = close_device,
    .memory = memory,
    .alloc = alloc,
    .free = free_memory,
    .pinned_alloc = pinned_alloc,
    .pinned_free = pinned_free,
    .pin = pin,
    .unpin = unpin,
    .stream_open = stream_open,
    .stream_close = stream_close,
    .stream_wait = stream_wait,
    .copy = copy,
    .fill = fill,
    .launch = launch,
    .event_open = event_open,
    .event_close = event_close,
    .event_record = event_record,
    .event_wait = event_wait,
    .event_join = event_join,
    .event_us = event_us,
    .capture_begin = capture_begin,
    .capture_end = capture_end,
    .graph_launch = graph_launch,
    .graph_close = graph_close,
};

/* Bytes from a text such as 64MiB; 0 if it is none. */
static size_t bytes_of(const char *text)
{
    static const char *const UNITS[] = {"", "KiB", "MiB", "GiB"};
    char *end;
    errno = 0;
    const unsigned long long n = text[0] >= '1' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    if (n == 0 || errno != 0 || n > SIZE_MAX >> 31)
        return 0;
    for (int i = 0; i < 4; i++) {
        if (strcmp(end, UNITS[i]) == 0)
            return (size_t)n << 10 * i;
    }
    return 0;
}

sw_code emu_open(const char *size, const device_options *o, device **out, sw_err *err)
{
    (void)o;
    const size_t total = bytes_of(size);
    *out = NULL;
    if (total == 0)
        return sw_fail(err, SW_EINVAL, "an emulated device is emu:SIZE, such as emu:64MiB, not 'emu:%.40s'", size);
    emu_device *const d = mem_calloc(1, sizeof *d);
    if (d == NULL)
        return sw_fail(err, SW_ENOMEM, "emu:%s: no memory", size);
    d->base = (device){.ops = &OPS, .is_emulated = true, .capability = 80, .n_processors = 4};
    snprintf(d->base.model, sizeof d->base.model, "emulated GPU");
    d->total = total;
    pthread_mutex_init(&d->lock, NULL);
    *out = &d->base;
    return SW_OK;
}

#endif
