/* emu_device.h - a device whose kernels run on this processor: for tests on machines without a GPU. */
#ifndef GPU_EMU_DEVICE_H
#define GPU_EMU_DEVICE_H

#include "gpu/device.h"

/* `size` is what follows "emu:", such as 64MiB: the device's memory.  What follows a # tells devices of one size apart.
 * As device_open; SW_EUNSUPPORTED in builds without
 * tests. */
SW_NODISCARD sw_code emu_open(const char *size, const device_options *o, device **out, sw_err *err);

#endif
