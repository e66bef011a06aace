/* tiers_check.c - what the model needs of a device, and what becomes of one that fails. */
#include "engine/tiers_check.h"

#include <stdio.h>
#include <string.h>

#include "gpu/device_check.h"

static bool is_wanted(const device *d, sw_device_check check)
{
    return check == SW_DEVICE_CHECK_ON || (check == SW_DEVICE_CHECK_AUTO && !d->is_emulated);
}

static device_check_options needs_of(const gguf_file *g, sw_kv_type type)
{
    static const gpu_kv_type TYPES[] = {[SW_KV_F16] = GPU_KV_F16, [SW_KV_F32] = GPU_KV_F32, [SW_KV_Q8_0] = GPU_KV_Q8_0};
    device_check_options needs = {.kv_type = TYPES[type]};
    for (size_t i = 0; i < gguf_n_tensors(g); i++)
        needs.types[gguf_tensor_at(g, i)->type] = true;
    return needs;
}

/* As if there were no devices: of several, those that are right would have to do the work of all. */
static void leave(engine_tiers *t, const sw_err *why)
{
    tiers_close(t);
    snprintf(t->note, sizeof t->note, "the GPU is not used: %.440s", why->msg);
}

sw_code tiers_check(engine_tiers *t, const gguf_file *g, const sw_engine_options *o, sw_err *err)
{
    const device_check_options needs = needs_of(g, o->kv_type);
    sw_err why;
    sw_err_clear(&why);
    sw_code code = SW_OK;
    for (int i = 0; i < t->n_devices && code == SW_OK; i++) {
        if (t->devices[i].device != NULL && is_wanted(t->devices[i].device, o->device_check))
            code = device_check(t->devices[i].device, &needs, &why);
    }
    if (code == SW_OK)
        return SW_OK;
    if (strcmp(o->devices, "auto") != 0)
        return sw_fail(err, code, "%s", why.msg);
    leave(t, &why);
    return SW_OK;
}
