/* cuda_parts.h - what the files of the driver's device share.
 *
 * The driver has a current context per thread, so every call first makes this device's the current one, which costs far
 * less than what follows.  The kernels' table is written under a lock, since streams of several threads may be the
 * first to use a kernel.
 */
#ifndef GPU_CUDA_PARTS_H
#define GPU_CUDA_PARTS_H

#include <pthread.h>

#include "gpu/cuda_driver.h"
#include "gpu/cuda_modules.h"
#include "gpu/device.h"

typedef struct cuda_device {
    device base;
    device_ops ops;
    cuda_driver cu;
    int number;
    cuda_handle context;
    pthread_mutex_t lock; // of modules
    cuda_modules modules;
} cuda_device;

static inline cuda_device *cuda_of(device *d)
{
    return (cuda_device *)(void *)d;
}

/* The driver of a device whose context is now the calling thread's. */
static inline const cuda_driver *cuda_enter(device *d)
{
    const cuda_device *const c = cuda_of(d);
    c->cu.set_context(c->context); // a context that is lost shows in the next call
    return &c->cu;
}

/* Calls a function of the driver; an error gets the device's name and the call's. */
#define CUDA_CALL(d, member, symbol, ...)                                                                              \
    cuda_check(&cuda_of(d)->cu, cuda_enter(d)->member(__VA_ARGS__), (d)->name, symbol, err)

/* Fills in the functions of streams, events and graphs. */
void cuda_fill_streams(device_ops *ops);

#endif
