/* devices_list.c - the GPUs of this machine, each opened as an engine opens it. */
#include <stdio.h>
#include <string.h>

#include "gpu/cuda_device.h"
#include "gpu/devices.h"
#include "spillway.h"

/* Fills what is known of an open device. */
static sw_code describe(device *d, sw_device_info *out, sw_err *err)
{
    size_t free_bytes = 0, total_bytes = 0;
    snprintf(out->model, sizeof out->model, "%s", d->model);
    out->capability = d->capability;
    out->n_processors = d->n_processors;
    const sw_code code = device_memory(d, &free_bytes, &total_bytes, err);
    out->free_bytes = free_bytes;
    out->total_bytes = total_bytes;
    return code;
}

static void look_at(int number, sw_device_info *out)
{
    device *d;
    sw_err err;
    sw_err_clear(&err);
    snprintf(out->name, sizeof out->name, "cuda:%d", number);
    sw_code code = device_open(out->name, NULL, &d, &err);
    if (code == SW_OK)
        code = describe(d, out, &err);
    else
        cuda_model_of(number, out->model);
    device_close(d);
    if (code != SW_OK)
        snprintf(out->why, sizeof out->why, "%s", err.msg);
}

void sw_devices(sw_device_list *out)
{
    int n = 0;
    sw_err err;
    sw_err_clear(&err);
    *out = (sw_device_list){0};
    if (cuda_count(&n, &out->cuda_version, &err) != SW_OK)
        snprintf(out->why, sizeof out->why, "%s", err.msg);
    else if (n == 0)
        snprintf(out->why, sizeof out->why, "the NVIDIA driver finds no GPU");
    else if (n > SW_DEVICES_MAX)
        snprintf(out->why, sizeof out->why, "the NVIDIA driver has %d GPUs; the first %d are listed", n,
                 SW_DEVICES_MAX);
    out->n = n < SW_DEVICES_MAX ? (size_t)n : SW_DEVICES_MAX;
    for (size_t i = 0; i < out->n; i++)
        look_at((int)i, &out->devices[i]);
}
