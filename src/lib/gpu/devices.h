/* devices.h - devices by name. */
#ifndef GPU_DEVICES_H
#define GPU_DEVICES_H

#include "gpu/device.h"

/* Opens a device by its name: cuda:NUMBER, or emu:SIZE in builds with tests; `options` may be NULL.  SW_EINVAL: no such
 * form of name.  SW_ENOTFOUND: no driver, or no such device.  SW_EUNSUPPORTED: the driver or this build lacks
 * something; the message says what to do. */
SW_NODISCARD sw_code device_open(const char *name, const device_options *options, device **out, sw_err *err);

#endif
