/* device.c - the budget of a device's memory, and the calls that go on to the implementation. */
#include "gpu/device.h"

const kernel_facts KERNEL_FACTS[N_KERNELS] = {
#define X(kernel, file, args) {#kernel, #file, sizeof(args), offsetof(args, n) / sizeof(void *)},
    GPU_KERNELS(X)
#undef X
};

void device_close(device *d)
{
    if (d != NULL)
        d->ops->close(d);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* Counts n_bytes if they are within the budget; *had is what was taken before. */
static bool take(device *d, size_t n_bytes, size_t *had)
{
    *had = atomic_load(&d->n_bytes);
    do {
        if (d->budget != 0 && n_bytes > d->budget - (*had < d->budget ? *had : d->budget))
            return false;
    } while (!atomic_compare_exchange_weak(&d->n_bytes, had, *had + n_bytes));
    return true;
}

sw_code device_alloc(device *d, const char *what, size_t n_bytes, void **out, sw_err *err)
{
    size_t had;
    *out = NULL;
    if (!take(d, n_bytes, &had))
        return sw_fail(err, SW_ENOMEM,
                       "%s: %zu bytes for %s are not within the budget of %zu bytes, of which %zu are taken", d->name,
                       n_bytes, what, d->budget, had);
    sw_err cause;
    sw_err_clear(&cause);
    const sw_code code = d->ops->alloc(d, n_bytes > 0 ? n_bytes : 1, out, &cause);
    if (code == SW_OK)
        return code;
    atomic_fetch_sub(&d->n_bytes, n_bytes);
    return sw_fail(err, code, "%s: no memory for %s, %zu bytes: %s", d->name, what, n_bytes, cause.msg);
}

void device_free(device *d, void *p, size_t n_bytes)
{
    if (p == NULL)
        return;
    d->ops->free(d, p);
    atomic_fetch_sub(&d->n_bytes, n_bytes);
}

size_t device_allocated(const device *d)
{
    return atomic_load(&((device *)(uintptr_t)d)->n_bytes);
}

sw_code device_memory(device *d, size_t *free_out, size_t *total_out, sw_err *err)
{
    *free_out = *total_out = 0;
    return d->ops->memory(d, free_out, total_out, err);
}

sw_code device_pinned_alloc(device *d, size_t n_bytes, void **out, sw_err *err)
{
    *out = NULL;
    return d->ops->pinned_alloc(d, n_bytes > 0 ? n_bytes : 1, out, err);
}

void device_pinned_free(device *d, void *p)
{
    if (p != NULL)
        d->ops->pinned_free(d, p);
}

sw_code device_pin(device *d, void *p, size_t n_bytes, sw_err *err)
{
    return d->ops->pin(d, p, n_bytes, err);
}

void device_unpin(device *d, void *p)
{
    d->ops->unpin(d, p);
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

sw_code device_stream_open(device *d, device_stream **out, sw_err *err)
{
    *out = NULL;
    return d->ops->stream_open(d, out, err);
}

void device_stream_close(device_stream *s)
{
    if (s != NULL)
        s->device->ops->stream_close(s);
}

sw_code device_stream_flush(device_stream *s, sw_err *err)
{
    return s->keeper != NULL ? s->keeper->flush(s->keeper, err) : SW_OK;
}

sw_code device_stream_wait(device_stream *s, sw_err *err)
{
    const sw_code code = device_stream_flush(s, err);
    const sw_code waited = s->device->ops->stream_wait(s, code == SW_OK ? err : NULL);
    return code == SW_OK ? waited : code;
}

sw_code device_copy(device_stream *s, void *to, const void *from, size_t n_bytes, device_way way, sw_err *err)
{
    if (n_bytes == 0)
        return SW_OK;
    return s->keeper != NULL ? s->keeper->copy(s->keeper, to, from, n_bytes, way, err)
                             : s->device->ops->copy(s, to, from, n_bytes, way, err);
}

sw_code device_fill(device_stream *s, void *to, int byte, size_t n_bytes, sw_err *err)
{
    if (n_bytes == 0)
        return SW_OK;
    return s->keeper != NULL ? s->keeper->fill(s->keeper, to, byte, n_bytes, err)
                             : s->device->ops->fill(s, to, byte, n_bytes, err);
}

/* What every GPU refuses, so that the emulation does too. */
static bool is_launchable(const device_launch *l)
{
    return l->grid[0] >= 1 && l->grid[0] <= INT32_MAX && l->grid[1] >= 1 && l->grid[1] <= 65535 && l->grid[2] >= 1 &&
           l->grid[2] <= 65535 && l->n_threads >= 32 && l->n_threads <= 1024 && l->n_threads % 32 == 0;
}

sw_code device_run(device_stream *s, const device_launch *l, sw_err *err)
{
    if (!is_launchable(l))
        return sw_fail(err, SW_EINVAL, "%s: kernel %s cannot have a grid of %u x %u x %u blocks of %u threads",
                       s->device->name, KERNEL_FACTS[l->kernel].name, l->grid[0], l->grid[1], l->grid[2], l->n_threads);
    return s->keeper != NULL ? s->keeper->launch(s->keeper, l, err) : s->device->ops->launch(s, l, err);
}

/* ---- events and graphs ------------------------------------------------------------------------------------------- */

sw_code device_event_open(device *d, device_event **out, sw_err *err)
{
    *out = NULL;
    return d->ops->event_open(d, out, err);
}

void device_event_close(device_event *e)
{
    if (e != NULL)
        e->device->ops->event_close(e);
}

sw_code device_event_record(device_event *e, device_stream *s, sw_err *err)
{
    const sw_code code = device_stream_flush(s, err);
    return code == SW_OK ? e->device->ops->event_record(e, s, err) : code;
}

sw_code device_event_wait(device_event *e, sw_err *err)
{
    return e->device->ops->event_wait(e, err);
}

sw_code device_event_passed(device_event *e, bool *out, sw_err *err)
{
    *out = false;
    return e->device->ops->event_passed(e, out, err);
}

sw_code device_event_join(device_event *e, device_stream *s, sw_err *err)
{
    const sw_code code = device_stream_flush(s, err);
    return code == SW_OK ? e->device->ops->event_join(e, s, err) : code;
}

sw_code device_event_us(const device_event *from, const device_event *to, double *out, sw_err *err)
{
    *out = 0;
    return from->device->ops->event_us(from, to, out, err);
}

sw_code device_capture_begin(device_stream *s, sw_err *err)
{
    const sw_code code = device_stream_flush(s, err);
    return code == SW_OK ? s->device->ops->capture_begin(s, err) : code;
}

sw_code device_capture_end(device_stream *s, device_graph **out, sw_err *err)
{
    *out = NULL;
    return s->device->ops->capture_end(s, out, err);
}

sw_code device_graph_launch(device_graph *g, device_stream *s, sw_err *err)
{
    const sw_code code = device_stream_flush(s, err);
    return code == SW_OK ? g->device->ops->graph_launch(g, s, err) : code;
}

void device_graph_close(device_graph *g)
{
    if (g != NULL)
        g->device->ops->graph_close(g);
}
