/* cuda_device.c - the device interface over the driver: one context per device, shared by all threads.
 *
 * The driver has a current context per thread, so every call first makes this device's the current one, which costs far
 * less than asking whether it is.  The kernels' table is written under a lock, since streams of several threads may be
 * the first to use a kernel.
 */
#include "gpu/cuda_device.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "gpu/cuda_driver.h"
#include "gpu/cuda_modules.h"

typedef struct cuda_device {
    device base;
    cuda_driver cu;
    int number;
    cuda_handle context;
    pthread_mutex_t lock; // of modules
    cuda_modules modules;
} cuda_device;

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

static cuda_device *of(device *d)
{
    return (cuda_device *)(void *)d;
}

static cuda_handle handle_of(device_stream *s)
{
    return ((cuda_stream *)(void *)s)->handle;
}

/* The driver of a device whose context is now the calling thread's. */
static const cuda_driver *enter(device *d)
{
    const cuda_device *const c = of(d);
    c->cu.set_context(c->context); // a context that is lost shows in the next call
    return &c->cu;
}

/* Calls a function of the driver and gives its error the device's and its own name. */
#define CALL(d, member, symbol, ...) check(d, enter(d)->member(__VA_ARGS__), symbol, err)

static sw_code check(device *d, int result, const char *call, sw_err *err)
{
    return cuda_check(&of(d)->cu, result, d->name, call, err);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static sw_code memory(device *d, size_t *free_out, size_t *total_out, sw_err *err)
{
    return CALL(d, memory, "cuMemGetInfo_v2", free_out, total_out);
}

static sw_code alloc(device *d, size_t n_bytes, void **out, sw_err *err)
{
    cuda_address p = 0;
    const sw_code code = CALL(d, alloc, "cuMemAlloc_v2", &p, n_bytes);
    *out = (void *)(uintptr_t)p;
    return code;
}

static void free_memory(device *d, void *p)
{
    enter(d)->free((cuda_address)(uintptr_t)p);
}

static sw_code pinned_alloc(device *d, size_t n_bytes, void **out, sw_err *err)
{
    return CALL(d, host_alloc, "cuMemHostAlloc", out, n_bytes, CUDA_HOST_PORTABLE | CUDA_HOST_MAPPED);
}

static void pinned_free(device *d, void *p)
{
    enter(d)->host_free(p);
}

static sw_code pin(device *d, void *p, size_t n_bytes, sw_err *err)
{
    return CALL(d, host_register, "cuMemHostRegister_v2", p, n_bytes, CUDA_HOST_PORTABLE);
}

static void unpin(device *d, void *p)
{
    enter(d)->host_unregister(p);
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

static sw_code stream_open(device *d, device_stream **out, sw_err *err)
{
    cuda_stream *const s = mem_calloc(1, sizeof *s);
    if (s == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for a stream", d->name);
    s->base.device = d;
    const sw_code code = CALL(d, stream_create, "cuStreamCreate", &s->handle, CUDA_STREAM_NON_BLOCKING);
    if (code == SW_OK)
        *out = &s->base;
    else
        mem_free(s);
    return code;
}

static void stream_close(device_stream *s)
{
    enter(s->device)->stream_destroy(handle_of(s));
    mem_free(s);
}

static sw_code stream_wait(device_stream *s, sw_err *err)
{
    return CALL(s->device, stream_wait, "cuStreamSynchronize", handle_of(s));
}

static sw_code copy(device_stream *s, void *to, const void *from, size_t n_bytes, device_way way, sw_err *err)
{
    const cuda_address a = (cuda_address)(uintptr_t)to, b = (cuda_address)(uintptr_t)from;
    switch (way) {
    case COPY_UP: return CALL(s->device, copy_up, "cuMemcpyHtoDAsync_v2", a, from, n_bytes, handle_of(s));
    case COPY_DOWN: return CALL(s->device, copy_down, "cuMemcpyDtoHAsync_v2", to, b, n_bytes, handle_of(s));
    default: return CALL(s->device, copy_within, "cuMemcpyDtoDAsync_v2", a, b, n_bytes, handle_of(s));
    }
}

static sw_code fill(device_stream *s, void *to, int byte, size_t n_bytes, sw_err *err)
{
    return CALL(s->device, fill, "cuMemsetD8Async", (cuda_address)(uintptr_t)to, (unsigned char)byte, n_bytes,
                handle_of(s));
}

static sw_code find_kernel(device *d, kernel_id kernel, cuda_handle *out, sw_err *err)
{
    cuda_device *const c = of(d);
    enter(d);
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
    const int result = enter(s->device)->launch(function, l->grid[0], l->grid[1], l->grid[2], l->n_threads, 1, 1, 0,
                                                handle_of(s), params, NULL);
    char call[64];
    snprintf(call, sizeof call, "cuLaunchKernel of %s", KERNEL_FACTS[l->kernel].name);
    return check(s->device, result, call, err);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static sw_code event_open(device *d, device_event **out, sw_err *err)
{
    cuda_event *const e = mem_calloc(1, sizeof *e);
    if (e == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for an event", d->name);
    e->base.device = d;
    const sw_code code = CALL(d, event_create, "cuEventCreate", &e->handle, 0);
    if (code == SW_OK)
        *out = &e->base;
    else
        mem_free(e);
    return code;
}

static void event_close(device_event *e)
{
    enter(e->device)->event_destroy(((cuda_event *)(void *)e)->handle);
    mem_free(e);
}

static sw_code event_record(device_event *base, device_stream *s, sw_err *err)
{
    return CALL(s->device, event_record, "cuEventRecord", ((cuda_event *)(void *)base)->handle, handle_of(s));
}

static sw_code event_wait(device_event *base, sw_err *err)
{
    return CALL(base->device, event_wait, "cuEventSynchronize", ((cuda_event *)(void *)base)->handle);
}

static sw_code event_join(device_event *base, device_stream *s, sw_err *err)
{
    return CALL(s->device, stream_join, "cuStreamWaitEvent", handle_of(s), ((cuda_event *)(void *)base)->handle, 0);
}

static sw_code event_us(const device_event *from, const device_event *to, double *out, sw_err *err)
{
    float ms = 0;
    const sw_code code =
        CALL(from->device, event_elapsed, "cuEventElapsedTime", &ms, ((const cuda_event *)(const void *)from)->handle,
             ((const cuda_event *)(const void *)to)->handle);
    *out = 1e3 * (double)ms;
    return code;
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

static sw_code capture_begin(device_stream *s, sw_err *err)
{
    return CALL(s->device, capture_begin, "cuStreamBeginCapture_v2", handle_of(s), CUDA_CAPTURE_RELAXED);
}

static void graph_close(device_graph *base)
{
    cuda_graph *const g = (cuda_graph *)(void *)base;
    const cuda_driver *const cu = enter(base->device);
    if (g->instance != NULL)
        cu->instance_destroy(g->instance);
    if (g->graph != NULL)
        cu->graph_destroy(g->graph);
    mem_free(g);
}

/* The capture ends whatever happens, so that the stream is usable. */
static sw_code capture_end(device_stream *s, device_graph **out, sw_err *err)
{
    cuda_handle graph = NULL;
    sw_code code = CALL(s->device, capture_end, "cuStreamEndCapture", handle_of(s), &graph);
    cuda_graph *const g = mem_calloc(1, sizeof *g);
    if (g == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for a graph", s->device->name);
    g->base.device = s->device;
    g->graph = graph;
    if (code == SW_OK)
        code = CALL(s->device, graph_instantiate, "cuGraphInstantiateWithFlags", &g->instance, graph, 0);
    if (code == SW_OK)
        *out = &g->base;
    else
        graph_close(&g->base);
    return code;
}

static sw_code graph_launch(device_graph *g, device_stream *s, sw_err *err)
{
    return CALL(s->device, graph_launch, "cuGraphLaunch", ((cuda_graph *)(void *)g)->instance, handle_of(s));
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static void close_device(device *base)
{
    cuda_device *const d = of(base);
    if (d->context != NULL) {
        enter(base);
        cuda_modules_free(&d->modules, &d->cu);
        d->cu.set_context(NULL);
        d->cu.release(d->number);
    }
    pthread_mutex_destroy(&d->lock);
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

/* What the device is, and whether it can run the kernels. */
static sw_code describe(cuda_device *d, sw_err *err)
{
    const cuda_driver *const cu = &d->cu;
    device *const base = &d->base;
    int major = 0, minor = 0;
    sw_code code = check(base, cu->name(base->model, sizeof base->model, d->number), "cuDeviceGetName", err);
    if (code == SW_OK)
        code =
            check(base, cu->attribute(&base->n_processors, CUDA_N_PROCESSORS, d->number), "cuDeviceGetAttribute", err);
    if (code == SW_OK)
        code = check(base, cu->attribute(&major, CUDA_MAJOR, d->number), "cuDeviceGetAttribute", err);
    if (code == SW_OK)
        code = check(base, cu->attribute(&minor, CUDA_MINOR, d->number), "cuDeviceGetAttribute", err);
    base->capability = 10 * major + minor;
    return code == SW_OK ? cuda_modules_check(base->capability, err) : code;
}

static sw_code find_device(cuda_device *d, int number, sw_err *err)
{
    const cuda_driver *const cu = &d->cu;
    int count = 0;
    sw_code code = check(&d->base, cu->count(&count), "cuDeviceGetCount", err);
    if (code == SW_OK && number >= count)
        code = sw_fail(err, SW_ENOTFOUND, "%s: there is no such GPU; the NVIDIA driver has %d, from cuda:0 on",
                       d->base.name, count);
    if (code == SW_OK)
        code = check(&d->base, cu->get(&d->number, number), "cuDeviceGet", err);
    if (code == SW_OK)
        code = describe(d, err);
    if (code == SW_OK)
        code = check(&d->base, cu->retain(&d->context, d->number), "cuDevicePrimaryCtxRetain", err);
    return code;
}

/* -1: no number. */
static int number_of(const char *text)
{
    char *end;
    const long n = text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : -1;
    return n < 0 || *end != '\0' || n > 1023 ? -1 : (int)n;
}

sw_code cuda_open(const char *text, const device_options *o, device **out, sw_err *err)
{
    const int number = number_of(text);
    *out = NULL;
    if (number < 0)
        return sw_fail(err, SW_EINVAL, "a GPU is cuda:NUMBER, such as cuda:0, not 'cuda:%.40s'", text);
    cuda_device *const d = mem_calloc(1, sizeof *d);
    if (d == NULL)
        return sw_fail(err, SW_ENOMEM, "cuda:%d: no memory", number);
    d->base.ops = &OPS;
    snprintf(d->base.name, sizeof d->base.name, "cuda:%d", number);
    pthread_mutex_init(&d->lock, NULL);
    sw_code code = cuda_driver_open(o->cuda_library, &d->cu, err);
    if (code == SW_OK)
        code = find_device(d, number, err);
    if (code == SW_OK)
        *out = &d->base;
    else
        close_device(&d->base);
    return code;
}
