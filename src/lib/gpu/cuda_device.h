/* cuda_device.h - a GPU through NVIDIA's driver, which is found when a device is opened. */
#ifndef GPU_CUDA_DEVICE_H
#define GPU_CUDA_DEVICE_H

#include "gpu/device.h"

/* `number` is what follows "cuda:".  As device_open. */
SW_NODISCARD sw_code cuda_open(const char *number, const device_options *o, device **out, sw_err *err);

#endif
