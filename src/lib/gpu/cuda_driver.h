/* cuda_driver.h - the functions of NVIDIA's driver that are used, found in libcuda.so.1 when a device is opened:
 * spillway builds without CUDA, and starts on machines without a GPU.
 *
 * Source: NVIDIA's "CUDA Driver API" reference.  The declarations are this project's own, so that no compiler compares
 * them with NVIDIA's: a name with _v2 is the one that programs use today, the plain one has the sizes of 2010.
 */
#ifndef GPU_CUDA_DRIVER_H
#define GPU_CUDA_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "spillway/error.h"

typedef struct cuda_object *cuda_handle; // a context, module, function, stream, event, graph
typedef uint64_t cuda_address;           // in device memory

enum {
    CUDA_OUT_OF_MEMORY = 2, // results
    CUDA_NO_DEVICE = 100,
    CUDA_INVALID_DEVICE = 101,
    CUDA_NO_BINARY = 209,
    CUDA_INVALID_PTX = 218,
    CUDA_UNSUPPORTED_PTX = 222,
    CUDA_NOT_READY = 600,
    CUDA_N_PROCESSORS = 16, // attributes of a device
    CUDA_MAJOR = 75,
    CUDA_MINOR = 76,
    CUDA_JIT_ERROR_LOG = 5, // options of a module
    CUDA_JIT_ERROR_LOG_BYTES = 6,
    CUDA_STREAM_NON_BLOCKING = 1,
    CUDA_CAPTURE_RELAXED = 2,
    CUDA_HOST_PORTABLE = 1, // pinned memory for all contexts,
    CUDA_HOST_MAPPED = 2,   // and for kernels
};

/* X(member, symbol, parameters); all return a result, 0 for success. */
// clang-format off
#define CUDA_FUNCTIONS(X) \
    X(init,              cuInit,                      (unsigned flags)) \
    X(get_version,       cuDriverGetVersion,          (int *out)) \
    X(error_name,        cuGetErrorName,              (int result, const char **out)) \
    X(error_text,        cuGetErrorString,            (int result, const char **out)) \
    X(count,             cuDeviceGetCount,            (int *out)) \
    X(get,               cuDeviceGet,                 (int *out, int number)) \
    X(name,              cuDeviceGetName,             (char *out, int size, int device)) \
    X(attribute,         cuDeviceGetAttribute,        (int *out, int attribute, int device)) \
    X(retain,            cuDevicePrimaryCtxRetain,    (cuda_handle *out, int device)) \
    X(release,           cuDevicePrimaryCtxRelease_v2, (int device)) \
    X(set_context,       cuCtxSetCurrent,             (cuda_handle context)) \
    X(load,              cuModuleLoadDataEx,          (cuda_handle *out, const void *image, unsigned n, int *options, void **values)) \
    X(unload,            cuModuleUnload,              (cuda_handle module)) \
    X(function,          cuModuleGetFunction,         (cuda_handle *out, cuda_handle module, const char *name)) \
    X(memory,            cuMemGetInfo_v2,             (size_t *free, size_t *total)) \
    X(alloc,             cuMemAlloc_v2,               (cuda_address *out, size_t n)) \
    X(free,              cuMemFree_v2,                (cuda_address p)) \
    X(host_alloc,        cuMemHostAlloc,              (void **out, size_t n, unsigned flags)) \
    X(host_free,         cuMemFreeHost,               (void *p)) \
    X(host_register,     cuMemHostRegister_v2,        (void *p, size_t n, unsigned flags)) \
    X(host_unregister,   cuMemHostUnregister,         (void *p)) \
    X(copy_up,           cuMemcpyHtoDAsync_v2,        (cuda_address to, const void *from, size_t n, cuda_handle stream)) \
    X(copy_down,         cuMemcpyDtoHAsync_v2,        (void *to, cuda_address from, size_t n, cuda_handle stream)) \
    X(copy_within,       cuMemcpyDtoDAsync_v2,        (cuda_address to, cuda_address from, size_t n, cuda_handle stream)) \
    X(fill,              cuMemsetD8Async,             (cuda_address to, unsigned char value, size_t n, cuda_handle stream)) \
    X(stream_create,     cuStreamCreate,              (cuda_handle *out, unsigned flags)) \
    X(stream_destroy,    cuStreamDestroy_v2,          (cuda_handle stream)) \
    X(stream_wait,       cuStreamSynchronize,         (cuda_handle stream)) \
    X(stream_join,       cuStreamWaitEvent,           (cuda_handle stream, cuda_handle event, unsigned flags)) \
    X(capture_begin,     cuStreamBeginCapture_v2,     (cuda_handle stream, int mode)) \
    X(capture_end,       cuStreamEndCapture,          (cuda_handle stream, cuda_handle *graph)) \
    X(graph_instantiate, cuGraphInstantiateWithFlags, (cuda_handle *out, cuda_handle graph, unsigned long long flags)) \
    X(graph_launch,      cuGraphLaunch,               (cuda_handle instance, cuda_handle stream)) \
    X(instance_destroy,  cuGraphExecDestroy,          (cuda_handle instance)) \
    X(graph_destroy,     cuGraphDestroy,              (cuda_handle graph)) \
    X(event_create,      cuEventCreate,               (cuda_handle *out, unsigned flags)) \
    X(event_destroy,     cuEventDestroy_v2,           (cuda_handle event)) \
    X(event_record,      cuEventRecord,               (cuda_handle event, cuda_handle stream)) \
    X(event_wait,        cuEventSynchronize,          (cuda_handle event)) \
    X(event_query,       cuEventQuery,                (cuda_handle event)) \
    X(event_elapsed,     cuEventElapsedTime,          (float *ms, cuda_handle from, cuda_handle to)) \
    X(launch,            cuLaunchKernel,              (cuda_handle function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, cuda_handle stream, void **params, void **extra))
// clang-format on

typedef struct cuda_driver {
    void *library;
    int version; // 1000 * major + 10 * minor of the newest CUDA that it serves
#define X(member, symbol, parameters) int(*member) parameters;
    CUDA_FUNCTIONS(X)
#undef X
} cuda_driver;

/* Opens the library (path NULL: libcuda.so.1 of the system) and starts the driver.  SW_EUNSUPPORTED: there is none, it
 * is too old, or it does not start.  The library stays loaded for the life of the process, as drivers want it. */
SW_NODISCARD sw_code cuda_driver_open(const char *path, cuda_driver *out, sw_err *err);

/* SW_OK for result 0.  Else fills *err with `what`, the call's name and the driver's words: SW_ENOMEM, SW_ENOTFOUND or
 * SW_EIO. */
sw_code cuda_check(const cuda_driver *cu, int result, const char *what, const char *call, sw_err *err);

#endif
