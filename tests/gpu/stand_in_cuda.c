/* stand_in_cuda.c - a libcuda.so.1 with the functions of the driver that are used, written from NVIDIA's reference.
 *
 * It refuses what the driver refuses: calls without a current context, unknown handles, sizes of 0, grids out of
 * bounds. Copies, fills and launches happen at once, or are captured.  STAND_IN_OLD leaves out a function, as an old
 * driver does.
 */
#include "stand_in_cuda.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern stand_in_cuda_state stand_in_cuda;
stand_in_cuda_state stand_in_cuda = {.n_devices = 1, .major = 9, .minor = 0, .version = 12040};

enum { INVALID_VALUE = 1, NO_CONTEXT = 201, INVALID_HANDLE = 400, NOT_FOUND = 500, WORKS_MAX = 16, ARGS_BYTES = 512 };

typedef enum object_kind { CONTEXT = 1, MODULE, FUNCTION, STREAM, EVENT, GRAPH, INSTANCE } object_kind;

typedef struct object object;

/* A copy, a fill or a launch. */
typedef struct work {
    void *to;            // NULL: a launch
    const void *from;    // NULL: a fill
    size_t n;            // bytes
    unsigned char value; // of a fill
    const object *function;
    unsigned grid[3], n_threads;
    unsigned char args[ARGS_BYTES];
} work;

struct object {
    object_kind kind;
    char name[64];     // of a function
    const char *text;  // of a module
    object *functions; // of a module
    object *next;
    int is_capturing;      // a stream
    work works[WORKS_MAX]; // of a graph, or captured by a stream
    int n_works;
};

static _Thread_local object *current;
static object context = {.kind = CONTEXT};
static int n_retained;

static int has_kind(const object *o, object_kind kind)
{
    return o != NULL && o->kind == kind;
}

static object *new_object(object_kind kind)
{
    object *const o = calloc(1, sizeof *o);
    o->kind = kind;
    stand_in_cuda.n_live++;
    return o;
}

static int drop(object *o, object_kind kind)
{
    if (!has_kind(o, kind))
        return INVALID_HANDLE;
    o->kind = 0;
    free(o);
    stand_in_cuda.n_live--;
    return 0;
}

/* The result that a test wants of this call, or 0. */
static int wanted(const char *call)
{
    stand_in_cuda_state *const s = &stand_in_cuda;
    const int fails = s->failing != NULL && strcmp(s->failing, call) == 0;
    s->has_failed = s->has_failed || fails;
    return fails || (s->is_lost && s->has_failed) ? s->result : 0;
}

#define BEGIN(call)                                                                                                    \
    do {                                                                                                               \
        const int result = wanted(call);                                                                               \
        if (result != 0)                                                                                               \
            return result;                                                                                             \
    } while (0)
#define BEGIN_IN_CONTEXT(call)                                                                                         \
    BEGIN(call);                                                                                                       \
    if (!has_kind(current, CONTEXT))                                                                                   \
    return NO_CONTEXT
#define CU(name, ...)                                                                                                  \
    int name(__VA_ARGS__);                                                                                             \
    int name(__VA_ARGS__)

/* For whole programs, in which no test can set the state: STAND_IN_CUDA_DEVICES="90 61" are two GPUs of compute
 * capability 9.0 and 6.1. */
static int capabilities[8], n_capabilities;

static void read_devices(void)
{
    const char *text = getenv("STAND_IN_CUDA_DEVICES");
    if (text == NULL)
        return;
    for (int n; n_capabilities < 8 && sscanf(text, "%d%n", &capabilities[n_capabilities], &n) == 1; text += n)
        n_capabilities++;
    stand_in_cuda.n_devices = n_capabilities;
}

CU(cuInit, unsigned flags)
{
    BEGIN("cuInit");
    if (n_capabilities == 0)
        read_devices();
    return flags == 0 ? 0 : INVALID_VALUE;
}

CU(cuDriverGetVersion, int *out)
{
    BEGIN("cuDriverGetVersion");
    *out = stand_in_cuda.version;
    return 0;
}

CU(cuGetErrorName, int result, const char **out)
{
    switch (result) {
    case 2: *out = "CUDA_ERROR_OUT_OF_MEMORY"; return 0;
    case 100: *out = "CUDA_ERROR_NO_DEVICE"; return 0;
    case 222: *out = "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"; return 0;
    case 700: *out = "CUDA_ERROR_ILLEGAL_ADDRESS"; return 0;
    default: *out = NULL; return INVALID_VALUE;
    }
}

CU(cuGetErrorString, int result, const char **out)
{
    *out = result == 700 ? "an illegal memory access was encountered" : NULL;
    return result == 700 ? 0 : INVALID_VALUE;
}

CU(cuDeviceGetCount, int *out)
{
    BEGIN("cuDeviceGetCount");
    *out = stand_in_cuda.n_devices;
    return 0;
}

CU(cuDeviceGet, int *out, int number)
{
    BEGIN("cuDeviceGet");
    *out = number;
    return number < stand_in_cuda.n_devices ? 0 : 101;
}

CU(cuDeviceGetName, char *out, int size, int device)
{
    BEGIN("cuDeviceGetName");
    snprintf(out, (size_t)size, "Stand-in %d", device);
    return 0;
}

CU(cuDeviceGetAttribute, int *out, int attribute, int device)
{
    BEGIN("cuDeviceGetAttribute");
    const int is_listed = device < n_capabilities;
    const int major = is_listed ? capabilities[device] / 10 : stand_in_cuda.major;
    const int minor = is_listed ? capabilities[device] % 10 : stand_in_cuda.minor;
    *out = attribute == 16 ? 132 : attribute == 75 ? major : minor;
    return attribute == 16 || attribute == 75 || attribute == 76 ? 0 : INVALID_VALUE;
}

CU(cuDevicePrimaryCtxRetain, object **out, int device)
{
    BEGIN("cuDevicePrimaryCtxRetain");
    (void)device;
    n_retained++;
    stand_in_cuda.n_live++;
    *out = &context;
    return 0;
}

CU(cuDevicePrimaryCtxRelease_v2, int device)
{
    (void)device;
    stand_in_cuda.n_live--;
    return n_retained-- > 0 ? 0 : NO_CONTEXT;
}

CU(cuCtxSetCurrent, object *c)
{
    current = c;
    return c == NULL || has_kind(c, CONTEXT) ? 0 : INVALID_HANDLE;
}

CU(cuModuleLoadDataEx, object **out, const void *image, unsigned n, int *options, void **values)
{
    const int result = wanted("cuModuleLoadDataEx");
    const char *const target = strstr(image, ".target sm_");
    if (result != 0 && n == 2 && options[0] == 5 && options[1] == 6 && stand_in_cuda.jit_log != NULL)
        snprintf(values[0], (size_t)(uintptr_t)values[1], "%s", stand_in_cuda.jit_log);
    if (result != 0)
        return result;
    if (!has_kind(current, CONTEXT))
        return NO_CONTEXT;
    if (strstr(image, ".version ") == NULL || target == NULL)
        return 218;
    *out = new_object(MODULE);
    (*out)->text = image;
    stand_in_cuda.target = atoi(target + strlen(".target sm_"));
    stand_in_cuda.n_loads++;
    return 0;
}

CU(cuModuleUnload, object *m)
{
    for (object *f = has_kind(m, MODULE) ? m->functions : NULL; f != NULL;) {
        object *const next = f->next;
        drop(f, FUNCTION);
        f = next;
    }
    return drop(m, MODULE);
}

CU(cuModuleGetFunction, object **out, object *m, const char *name)
{
    BEGIN_IN_CONTEXT("cuModuleGetFunction");
    char entry[96];
    snprintf(entry, sizeof entry, ".entry %s(", name);
    if (!has_kind(m, MODULE))
        return INVALID_HANDLE;
    if (strstr(m->text, entry) == NULL)
        return NOT_FOUND;
    *out = new_object(FUNCTION);
    snprintf((*out)->name, sizeof(*out)->name, "%s", name);
    (*out)->next = m->functions;
    m->functions = *out;
    return 0;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

CU(cuMemGetInfo_v2, size_t *free_out, size_t *total)
{
    BEGIN_IN_CONTEXT("cuMemGetInfo_v2");
    *free_out = 1 << 20;
    *total = 2 << 20;
    return 0;
}

CU(cuMemAlloc_v2, uint64_t *out, size_t n)
{
    BEGIN_IN_CONTEXT("cuMemAlloc_v2");
    *out = n > 0 ? (uint64_t)(uintptr_t)aligned_alloc(256, (n + 255) / 256 * 256) : 0;
    stand_in_cuda.n_live += *out != 0;
    return *out != 0 ? 0 : INVALID_VALUE;
}

CU(cuMemFree_v2, uint64_t p)
{
    free((void *)(uintptr_t)p);
    stand_in_cuda.n_live--;
    return has_kind(current, CONTEXT) ? 0 : NO_CONTEXT;
}

CU(cuMemHostAlloc, void **out, size_t n, unsigned flags)
{
    BEGIN_IN_CONTEXT("cuMemHostAlloc");
    *out = malloc(n);
    stand_in_cuda.n_live++;
    return flags == 3 ? 0 : INVALID_VALUE;
}

CU(cuMemFreeHost, void *p)
{
    free(p);
    stand_in_cuda.n_live--;
    return has_kind(current, CONTEXT) ? 0 : NO_CONTEXT;
}

CU(cuMemHostRegister_v2, void *p, size_t n, unsigned flags)
{
    BEGIN_IN_CONTEXT("cuMemHostRegister_v2");
    stand_in_cuda.n_live++;
    return p != NULL && n > 0 && flags == 1 ? 0 : INVALID_VALUE;
}

CU(cuMemHostUnregister, void *p)
{
    (void)p;
    stand_in_cuda.n_live--;
    return has_kind(current, CONTEXT) ? 0 : NO_CONTEXT;
}

static int run(const work *w)
{
    if (w->to != NULL) {
        if (w->from != NULL)
            memmove(w->to, w->from, w->n);
        else
            memset(w->to, w->value, w->n);
        return 0;
    }
    stand_in_cuda.n_launches++;
    return stand_in_cuda.run != NULL ? stand_in_cuda.run(w->function->name, w->args, w->grid, w->n_threads) : 0;
}

/* Happens now, or is captured. */
static int give(object *stream, const work *w)
{
    if (!has_kind(stream, STREAM))
        return INVALID_HANDLE;
    if (!stream->is_capturing)
        return run(w);
    if (stream->n_works == WORKS_MAX)
        return INVALID_VALUE;
    stream->works[stream->n_works++] = *w;
    return 0;
}

static int copy(void *to, const void *from, size_t n, object *stream)
{
    return give(stream, &(work){.to = to, .from = from, .n = n});
}

CU(cuMemcpyHtoDAsync_v2, uint64_t to, const void *from, size_t n, object *s)
{
    BEGIN_IN_CONTEXT("cuMemcpyHtoDAsync_v2");
    return copy((void *)(uintptr_t)to, from, n, s);
}

CU(cuMemcpyDtoHAsync_v2, void *to, uint64_t from, size_t n, object *s)
{
    BEGIN_IN_CONTEXT("cuMemcpyDtoHAsync_v2");
    return copy(to, (const void *)(uintptr_t)from, n, s);
}

CU(cuMemcpyDtoDAsync_v2, uint64_t to, uint64_t from, size_t n, object *s)
{
    BEGIN_IN_CONTEXT("cuMemcpyDtoDAsync_v2");
    return copy((void *)(uintptr_t)to, (const void *)(uintptr_t)from, n, s);
}

CU(cuMemsetD8Async, uint64_t to, unsigned char value, size_t n, object *s)
{
    BEGIN_IN_CONTEXT("cuMemsetD8Async");
    return give(s, &(work){.to = (void *)(uintptr_t)to, .value = value, .n = n});
}

/* ---- streams, events, graphs ------------------------------------------------------------------------------------- */

CU(cuStreamCreate, object **out, unsigned flags)
{
    BEGIN_IN_CONTEXT("cuStreamCreate");
    *out = new_object(STREAM);
    return flags == 1 ? 0 : INVALID_VALUE;
}

CU(cuStreamDestroy_v2, object *s)
{
    return drop(s, STREAM);
}

CU(cuStreamSynchronize, const object *s)
{
    BEGIN_IN_CONTEXT("cuStreamSynchronize");
    return has_kind(s, STREAM) && !s->is_capturing ? 0 : INVALID_HANDLE;
}

CU(cuStreamWaitEvent, const object *s, const object *e, unsigned flags)
{
    BEGIN_IN_CONTEXT("cuStreamWaitEvent");
    return has_kind(s, STREAM) && has_kind(e, EVENT) && flags == 0 ? 0 : INVALID_HANDLE;
}

CU(cuStreamBeginCapture_v2, object *s, int mode)
{
    BEGIN_IN_CONTEXT("cuStreamBeginCapture_v2");
    if (!has_kind(s, STREAM) || s->is_capturing || mode != 2)
        return INVALID_VALUE;
    s->is_capturing = 1;
    s->n_works = 0;
    return 0;
}

CU(cuStreamEndCapture, object *s, object **out)
{
    const int was_capturing = has_kind(s, STREAM) && s->is_capturing;
    if (was_capturing)
        s->is_capturing = 0;
    BEGIN_IN_CONTEXT("cuStreamEndCapture");
    if (!was_capturing)
        return INVALID_VALUE;
    *out = new_object(GRAPH);
    memcpy((*out)->works, s->works, sizeof s->works);
    (*out)->n_works = s->n_works;
    return 0;
}

#ifndef STAND_IN_OLD
CU(cuGraphInstantiateWithFlags, object **out, const object *g, unsigned long long flags)
{
    BEGIN_IN_CONTEXT("cuGraphInstantiateWithFlags");
    if (!has_kind(g, GRAPH) || flags != 0)
        return INVALID_VALUE;
    *out = new_object(INSTANCE);
    memcpy((*out)->works, g->works, sizeof g->works);
    (*out)->n_works = g->n_works;
    return 0;
}
#endif

CU(cuGraphLaunch, const object *g, const object *s)
{
    BEGIN_IN_CONTEXT("cuGraphLaunch");
    if (!has_kind(g, INSTANCE) || !has_kind(s, STREAM))
        return INVALID_HANDLE;
    int result = 0;
    for (int i = 0; i < g->n_works && result == 0; i++)
        result = run(&g->works[i]);
    return result;
}

CU(cuGraphExecDestroy, object *g)
{
    return drop(g, INSTANCE);
}

CU(cuGraphDestroy, object *g)
{
    return drop(g, GRAPH);
}

CU(cuEventCreate, object **out, unsigned flags)
{
    BEGIN_IN_CONTEXT("cuEventCreate");
    *out = new_object(EVENT);
    return flags == 0 ? 0 : INVALID_VALUE;
}

CU(cuEventDestroy_v2, object *e)
{
    return drop(e, EVENT);
}

CU(cuEventRecord, const object *e, const object *s)
{
    BEGIN_IN_CONTEXT("cuEventRecord");
    return has_kind(e, EVENT) && has_kind(s, STREAM) ? 0 : INVALID_HANDLE;
}

CU(cuEventQuery, const object *e)
{
    BEGIN_IN_CONTEXT("cuEventQuery");
    return has_kind(e, EVENT) ? 0 : INVALID_HANDLE;
}

CU(cuEventSynchronize, const object *e)
{
    BEGIN_IN_CONTEXT("cuEventSynchronize");
    return has_kind(e, EVENT) ? 0 : INVALID_HANDLE;
}

CU(cuEventElapsedTime, float *ms, const object *from, const object *to)
{
    BEGIN_IN_CONTEXT("cuEventElapsedTime");
    *ms = 1.5f;
    return has_kind(from, EVENT) && has_kind(to, EVENT) ? 0 : INVALID_HANDLE;
}

CU(cuLaunchKernel, const object *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
   unsigned shared, object *s, void **params, void **extra)
{
    BEGIN_IN_CONTEXT("cuLaunchKernel");
    if (!has_kind(f, FUNCTION) || !has_kind(s, STREAM))
        return INVALID_HANDLE;
    if (gx == 0 || gy == 0 || gz == 0 || gy > 65535 || gz > 65535 || bx == 0 || bx > 1024 || by != 1 || bz != 1 ||
        shared != 0 || extra != NULL)
        return INVALID_VALUE;
    work w = {.function = f, .grid = {gx, gy, gz}, .n_threads = bx};
    memcpy(w.args, params[0], ARGS_BYTES);
    return give(s, &w);
}
