/* cuda_stream.c - streams, events, graphs and launches of the driver's device. */
#include <stdio.h>

#include "base/alloc.h"
#include "gpu/cuda_parts.h"

typedef struct cuda_stream {
    device_stream base;
    cuda_handle handle;
} cuda_stream;

typedef struct cuda_event {
    device_event base;
    cuda_handle handle;
} cuda_event;

typedef struct cuda_graph {
    device_graph base;
    cuda_handle graph, instance;
} cuda_graph;

static cuda_handle handle_of(device_stream *s)
{
    return ((cuda_stream *)(void *)s)->handle;
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

static sw_code stream_open(device *d, device_stream **out, sw_err *err)
{
    cuda_stream *const s = mem_calloc(1, sizeof *s);
    if (s == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for a stream", d->name);
    s->base.device = d;
    const sw_code code = CUDA_CALL(d, stream_create, "cuStreamCreate", &s->handle, CUDA_STREAM_NON_BLOCKING);
    if (code == SW_OK)
        *out = &s->base;
    else
        mem_free(s);
    return code;
}

static void stream_close(device_stream *s)
{
    cuda_enter(s->device)->stream_destroy(handle_of(s));
    mem_free(s);
}

static sw_code stream_wait(device_stream *s, sw_err *err)
{
    return CUDA_CALL(s->device, stream_wait, "cuStreamSynchronize", handle_of(s));
}

static sw_code copy(device_stream *s, void *to, const void *from, size_t n_bytes, device_way way, sw_err *err)
{
    const cuda_address a = (cuda_address)(uintptr_t)to, b = (cuda_address)(uintptr_t)from;
    switch (way) {
    case COPY_UP: return CUDA_CALL(s->device, copy_up, "cuMemcpyHtoDAsync_v2", a, from, n_bytes, handle_of(s));
    case COPY_DOWN: return CUDA_CALL(s->device, copy_down, "cuMemcpyDtoHAsync_v2", to, b, n_bytes, handle_of(s));
    default: return CUDA_CALL(s->device, copy_within, "cuMemcpyDtoDAsync_v2", a, b, n_bytes, handle_of(s));
    }
}

static sw_code fill(device_stream *s, void *to, int byte, size_t n_bytes, sw_err *err)
{
    return CUDA_CALL(s->device, fill, "cuMemsetD8Async", (cuda_address)(uintptr_t)to, (unsigned char)byte, n_bytes,
                     handle_of(s));
}

static sw_code find_kernel(device *d, kernel_id kernel, cuda_handle *out, sw_err *err)
{
    cuda_device *const c = cuda_of(d);
    cuda_enter(d);
    pthread_mutex_lock(&c->lock);
    sw_err why;
    sw_err_clear(&why);
    const sw_code code = cuda_modules_find(&c->modules, &c->cu, d->capability, kernel, out, &why);
    pthread_mutex_unlock(&c->lock);
    return code == SW_OK ? code : sw_fail(err, code, "%s: %s", d->name, why.msg);
}

static sw_code launch(device_stream *s, const device_launch *l, sw_err *err)
{
    cuda_handle function;
    const sw_code code = find_kernel(s->device, l->kernel, &function, err);
    if (code != SW_OK)
        return code;
    void *params[] = {(void *)(uintptr_t)l->args};
    const int result = cuda_enter(s->device)->launch(function, l->grid[0], l->grid[1], l->grid[2], l->n_threads, 1, 1,
                                                     0, handle_of(s), params, NULL);
    char call[64];
    snprintf(call, sizeof call, "cuLaunchKernel of %s", KERNEL_FACTS[l->kernel].name);
    return cuda_check(&cuda_of(s->device)->cu, result, s->device->name, call, err);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static sw_code event_open(device *d, device_event **out, sw_err *err)
{
    cuda_event *const e = mem_calloc(1, sizeof *e);
    if (e == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for an event", d->name);
    e->base.device = d;
    const sw_code code = CUDA_CALL(d, event_create, "cuEventCreate", &e->handle, 0);
    if (code == SW_OK)
        *out = &e->base;
    else
        mem_free(e);
    return code;
}

static void event_close(device_event *e)
{
    cuda_enter(e->device)->event_destroy(((cuda_event *)(void *)e)->handle);
    mem_free(e);
}

static sw_code event_record(device_event *base, device_stream *s, sw_err *err)
{
    return CUDA_CALL(s->device, event_record, "cuEventRecord", ((cuda_event *)(void *)base)->handle, handle_of(s));
}

static sw_code event_wait(device_event *base, sw_err *err)
{
    return CUDA_CALL(base->device, event_wait, "cuEventSynchronize", ((cuda_event *)(void *)base)->handle);
}

static sw_code event_passed(device_event *base, bool *out, sw_err *err)
{
    device *const d = base->device;
    const int result = cuda_enter(d)->event_query(((cuda_event *)(void *)base)->handle);
    *out = result == 0;
    return result == CUDA_NOT_READY ? SW_OK : cuda_check(&cuda_of(d)->cu, result, d->name, "cuEventQuery", err);
}

static sw_code event_join(device_event *base, device_stream *s, sw_err *err)
{
    return CUDA_CALL(s->device, stream_join, "cuStreamWaitEvent", handle_of(s), ((cuda_event *)(void *)base)->handle,
                     0);
}

static sw_code event_us(const device_event *from, const device_event *to, double *out, sw_err *err)
{
    float ms = 0;
    const sw_code code =
        CUDA_CALL(from->device, event_elapsed, "cuEventElapsedTime", &ms,
                  ((const cuda_event *)(const void *)from)->handle, ((const cuda_event *)(const void *)to)->handle);
    *out = 1e3 * (double)ms;
    return code;
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

static sw_code capture_begin(device_stream *s, sw_err *err)
{
    return CUDA_CALL(s->device, capture_begin, "cuStreamBeginCapture_v2", handle_of(s), CUDA_CAPTURE_RELAXED);
}

static void drop_graph(const cuda_graph *g)
{
    const cuda_driver *const cu = cuda_enter(g->base.device);
    if (g->instance != NULL)
        cu->instance_destroy(g->instance);
    if (g->graph != NULL)
        cu->graph_destroy(g->graph);
}

static void graph_close(device_graph *base)
{
    cuda_graph *const g = (cuda_graph *)(void *)base;
    drop_graph(g);
    mem_free(g);
}

/* The capture ends whatever happens, so that the stream is usable. */
static sw_code capture_end(device_stream *s, device_graph **out, sw_err *err)
{
    device *const d = s->device;
    cuda_graph *const g = mem_calloc(1, sizeof *g);
    cuda_graph spare = {.base.device = d}, *const to = g != NULL ? g : &spare;
    to->base.device = d;
    sw_code code = CUDA_CALL(d, capture_end, "cuStreamEndCapture", handle_of(s), &to->graph);
    if (g == NULL) {
        drop_graph(to);
        return sw_fail(err, SW_ENOMEM, "%s: no memory for a graph", d->name);
    }
    if (code == SW_OK)
        code = CUDA_CALL(d, graph_instantiate, "cuGraphInstantiateWithFlags", &g->instance, g->graph, 0);
    if (code == SW_OK)
        *out = &g->base;
    else
        graph_close(&g->base);
    return code;
}

static sw_code graph_launch(device_graph *g, device_stream *s, sw_err *err)
{
    return CUDA_CALL(s->device, graph_launch, "cuGraphLaunch", ((cuda_graph *)(void *)g)->instance, handle_of(s));
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

void cuda_fill_streams(device_ops *ops)
{
    ops->stream_open = stream_open;
    ops->stream_close = stream_close;
    ops->stream_wait = stream_wait;
    ops->copy = copy;
    ops->fill = fill;
    ops->launch = launch;
    ops->event_open = event_open;
    ops->event_close = event_close;
    ops->event_record = event_record;
    ops->event_wait = event_wait;
    ops->event_passed = event_passed;
    ops->event_join = event_join;
    ops->event_us = event_us;
    ops->capture_begin = capture_begin;
    ops->capture_end = capture_end;
    ops->graph_launch = graph_launch;
    ops->graph_close = graph_close;
}
