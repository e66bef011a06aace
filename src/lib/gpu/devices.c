/* devices.c - which implementation a name means. */
#include "gpu/devices.h"

#include <stdio.h>
#include <string.h>

#include "gpu/cuda_device.h"
#include "gpu/emu_device.h"

sw_code device_open(const char *name, const device_options *options, device **out, sw_err *err)
{
    const device_options none = {0}, *const o = options != NULL ? options : &none;
    *out = NULL;
    sw_code code;
    if (strncmp(name, "cuda:", 5) == 0)
        code = cuda_open(name + 5, o, out, err);
    else if (strncmp(name, "emu:", 4) == 0)
        code = emu_open(name + 4, o, out, err);
    else
        code = sw_fail(err, SW_EINVAL, "a device is cuda:NUMBER, such as cuda:0, not '%.60s'", name);
    if (code == SW_OK) {
        snprintf((*out)->name, sizeof(*out)->name, "%s", name);
        (*out)->budget = o->budget;
    }
    return code;
}
