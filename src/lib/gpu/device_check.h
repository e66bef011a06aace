/* device_check.h - asks a device to compute what a model needs of it, and compares every bit with the definition.
 *
 * A GPU, its driver's compiler or its memory may be faulty, and answers that are slightly wrong look like a bad model.
 * So a device is tried before it is used: norms and activations with their codes, products with every format for one,
 * a few and many tokens, and attention, over numbers of ordinary and of extreme size.  It takes some milliseconds and
 * about a megabyte of the device's memory, which is given back.
 */
#ifndef GPU_DEVICE_CHECK_H
#define GPU_DEVICE_CHECK_H

#include "gguf/types.h"
#include "gpu/device.h"

/* What to try. */
typedef struct device_check_options {
    bool types[TYPE_N]; // of matrices; those that no kernel computes with do not matter
    gpu_kv_type kv_type;
} device_check_options;

/* SW_EUNSUPPORTED: an operation gives other bits; the message names it and the first value that differs.  SW_ENOMEM,
 * SW_EIO: those of the device. */
SW_NODISCARD sw_code device_check(device *d, const device_check_options *o, sw_err *err);

#endif
