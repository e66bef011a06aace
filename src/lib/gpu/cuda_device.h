/* cuda_device.h - a GPU through NVIDIA's driver, which is found when a device is opened. */
#ifndef GPU_CUDA_DEVICE_H
#define GPU_CUDA_DEVICE_H

#include "gpu/device.h"

/* `number` is what follows "cuda:".  As device_open. */
SW_NODISCARD sw_code cuda_open(const char *number, const device_options *o, device **out, sw_err *err);

/* How many GPUs the driver has, and the newest CUDA that it serves: 1000 * major + 10 * minor, also where the count
 * fails.  Errors as of device_open. */
SW_NODISCARD sw_code cuda_count(int *n_out, int *version_out, sw_err *err);

/* What the driver calls a GPU, 0 .. count - 1, whether the kernels run on it or not; "" if it does not tell. */
void cuda_model_of(int number, char model[DEVICE_NAME_BYTES]);

#endif
