/* cuda_device.c - a device of the driver: its name, what it is, and its memory; one context, shared by all threads. */
#include "gpu/cuda_device.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "gpu/cuda_parts.h"

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static sw_code memory(device *d, size_t *free_out, size_t *total_out, sw_err *err)
{
    return CUDA_CALL(d, memory, "cuMemGetInfo_v2", free_out, total_out);
}

static sw_code alloc(device *d, size_t n_bytes, void **out, sw_err *err)
{
    cuda_address p = 0;
    const sw_code code = CUDA_CALL(d, alloc, "cuMemAlloc_v2", &p, n_bytes);
    *out = (void *)(uintptr_t)p;
    return code;
}

static void free_memory(device *d, void *p)
{
    cuda_enter(d)->free((cuda_address)(uintptr_t)p);
}

static sw_code pinned_alloc(device *d, size_t n_bytes, void **out, sw_err *err)
{
    return CUDA_CALL(d, host_alloc, "cuMemHostAlloc", out, n_bytes, CUDA_HOST_PORTABLE | CUDA_HOST_MAPPED);
}

static void pinned_free(device *d, void *p)
{
    cuda_enter(d)->host_free(p);
}

static sw_code pin(device *d, void *p, size_t n_bytes, sw_err *err)
{
    return CUDA_CALL(d, host_register, "cuMemHostRegister_v2", p, n_bytes, CUDA_HOST_PORTABLE);
}

static void unpin(device *d, void *p)
{
    cuda_enter(d)->host_unregister(p);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static void close_device(device *base)
{
    cuda_device *const d = cuda_of(base);
    if (d->context != NULL) {
        cuda_enter(base);
        cuda_modules_free(&d->modules, &d->cu);
        d->cu.set_context(NULL);
        d->cu.release(d->number);
    }
    pthread_mutex_destroy(&d->lock);
    mem_free(d);
}

/* What the device is, and whether it can run the kernels. */
static sw_code describe(cuda_device *d, sw_err *err)
{
    const cuda_driver *const cu = &d->cu;
    device *const base = &d->base;
    int major = 0, minor = 0;
    sw_code code =
        cuda_check(cu, cu->name(base->model, sizeof base->model, d->number), base->name, "cuDeviceGetName", err);
    if (code == SW_OK)
        code = cuda_check(cu, cu->attribute(&base->n_processors, CUDA_N_PROCESSORS, d->number), base->name,
                          "cuDeviceGetAttribute", err);
    if (code == SW_OK)
        code = cuda_check(cu, cu->attribute(&major, CUDA_MAJOR, d->number), base->name, "cuDeviceGetAttribute", err);
    if (code == SW_OK)
        code = cuda_check(cu, cu->attribute(&minor, CUDA_MINOR, d->number), base->name, "cuDeviceGetAttribute", err);
    base->capability = 10 * major + minor;
    return code == SW_OK ? cuda_modules_check(base->capability, err) : code;
}

static sw_code find_device(cuda_device *d, int number, sw_err *err)
{
    const cuda_driver *const cu = &d->cu;
    int count = 0;
    sw_code code = cuda_check(cu, cu->count(&count), d->base.name, "cuDeviceGetCount", err);
    if (code == SW_OK && number >= count)
        code = sw_fail(err, SW_ENOTFOUND, "%s: there is no such GPU; the NVIDIA driver has %d, from cuda:0 on",
                       d->base.name, count);
    if (code == SW_OK)
        code = cuda_check(cu, cu->get(&d->number, number), d->base.name, "cuDeviceGet", err);
    if (code == SW_OK)
        code = describe(d, err);
    if (code == SW_OK)
        code = cuda_check(cu, cu->retain(&d->context, d->number), d->base.name, "cuDevicePrimaryCtxRetain", err);
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
    d->ops = (device_ops){
        .close = close_device,
        .memory = memory,
        .alloc = alloc,
        .free = free_memory,
        .pinned_alloc = pinned_alloc,
        .pinned_free = pinned_free,
        .pin = pin,
        .unpin = unpin,
    };
    cuda_fill_streams(&d->ops);
    d->base.ops = &d->ops;
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

/* ---- what there is ----------------------------------------------------------------------------------------------- */

sw_code cuda_count(int *n_out, int *version_out, sw_err *err)
{
    cuda_driver cu;
    *n_out = 0;
    const sw_code code = cuda_driver_open(NULL, &cu, err);
    *version_out = cu.version;
    return code == SW_OK ? cuda_check(&cu, cu.count(n_out), "the NVIDIA driver", "cuDeviceGetCount", err) : code;
}

void cuda_model_of(int number, char model[DEVICE_NAME_BYTES])
{
    cuda_driver cu;
    int handle;
    model[0] = '\0';
    if (cuda_driver_open(NULL, &cu, NULL) != SW_OK || cu.get(&handle, number) != 0 ||
        cu.name(model, DEVICE_NAME_BYTES, handle) != 0)
        model[0] = '\0';
}
