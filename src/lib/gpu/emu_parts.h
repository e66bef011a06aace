/* emu_parts.h - what the files of the emulated device share: its memory, its streams, and the functions of either. */
#ifndef GPU_EMU_PARTS_H
#define GPU_EMU_PARTS_H

#include <pthread.h>

#include "gpu/device.h"
#include "gpu/emu_fault.h"
#include "gpu/emu_run.h"

/* A block of memory that kernels may use. */
typedef struct region {
    uintptr_t begin; // as kernels' structs have it: with EMU_DEVICE_OFFSET, unless it is this machine's
    size_t n_bytes;
} region;

typedef struct emu_device {
    device base;
    device_ops ops;
    size_t total, used; // bytes
    emu_faults faults;
    pthread_mutex_t lock; // of what follows
    region *regions;
    size_t n_regions, cap;
    char lost[SW_ERR_MSG_BYTES]; // why the device is lost, or ""
} emu_device;

static inline emu_device *emu_of(device *d)
{
    return (emu_device *)(void *)d;
}

/* Returns true if [p, p + n_bytes) is memory that the device knows. */
bool emu_is_known(emu_device *d, const void *p, size_t n_bytes);

/* An address as this process may use it. */
static inline void *emu_here(const void *p)
{
    const uintptr_t at = (uintptr_t)p;
    return (void *)(at >= EMU_DEVICE_OFFSET ? at - EMU_DEVICE_OFFSET : at);
}

/* Fills in the functions of streams, events and graphs. */
void emu_fill_streams(device_ops *ops);

#endif
