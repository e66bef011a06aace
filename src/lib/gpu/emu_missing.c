/* emu_missing.c - instead of the emulation, in builds without tests. */
#include "gpu/emu_device.h"

sw_code emu_open(const char *size, const device_options *o, device **out, sw_err *err)
{
    (void)o;
    *out = NULL;
    return sw_fail(err, SW_EUNSUPPORTED,
                   "emu:%.40s: only builds with tests have the emulated GPU; use -DSPILLWAY_TESTS=ON", size);
}
