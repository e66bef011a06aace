/* tiers.c - which device, and how much of it. */
#include "engine/tiers.h"

#include <stdio.h>
#include <string.h>

#include "forward/gpu/gpu_backend.h"
#include "gpu/devices.h"

/* What is left to the driver of a GPU's free memory: it takes more as kernels are loaded and run (their code, stacks,
 * queues), and a desktop beside us wants some.  An emulated device has no driver. */
enum { RESERVE_BYTES = 384 << 20 };

static engine_tiers in_use;
static bool is_set;

void tiers_set(const engine_tiers *tiers)
{
    is_set = tiers != NULL;
    in_use = is_set ? *tiers : (engine_tiers){0};
}

static uint64_t working_bytes(void *ud, const tier_load *load)
{
    (void)ud;
    return gpu_backend_bytes(load->h, load->n_batch, load->n_seqs, load->n_ctx);
}

uint64_t tiers_working_bytes(const engine_tiers *t, const tier_load *load)
{
    return t->working_bytes != NULL ? t->working_bytes(t->ud, load) : 0;
}

/* The description of a device that is open. */
static sw_code describe(engine_device *d, sw_err *err)
{
    size_t free_bytes = 0, total;
    sw_code code = vram_open(d->device, &d->memory, err);
    if (code == SW_OK)
        code = device_memory(d->device, &free_bytes, &total, err);
    if (code != SW_OK)
        return code;
    const size_t reserve = d->device->is_emulated ? 0 : RESERVE_BYTES;
    d->vram_bytes = free_bytes > reserve ? free_bytes - reserve : 0;
    d->vram = vram_memory(d->memory);
    d->pages = gpu_slab_memory(&d->slab);
    return SW_OK;
}

static sw_code open_device(engine_tiers *t, const char *name, sw_err *err)
{
    engine_device *const d = &t->devices[t->n_devices++];
    t->working_bytes = working_bytes;
    sw_code code = device_open(name, NULL, &d->device, err);
    if (code == SW_OK)
        code = describe(d, err);
    if (code != SW_OK)
        tiers_close(t);
    return code;
}

/* A machine without a driver or GPU is nothing to speak of; one whose GPU cannot be used is. */
static void open_first(engine_tiers *t)
{
    sw_err why;
    sw_err_clear(&why);
    const sw_code code = open_device(t, "cuda:0", &why);
    if (code != SW_OK && code != SW_ENOTFOUND)
        snprintf(t->note, sizeof t->note, "the GPU is not used: %.440s", why.msg);
}

sw_code tiers_open(engine_tiers *t, const char *names, sw_err *err)
{
    *t = is_set ? in_use : (engine_tiers){0};
    if (is_set || names == NULL || strcmp(names, "none") == 0)
        return SW_OK;
    if (strchr(names, ',') != NULL)
        return sw_fail(err, SW_EINVAL, "--devices %.60s: a model is on one device so far; name one of them", names);
    if (strcmp(names, "auto") != 0)
        return open_device(t, names, err);
    open_first(t);
    return SW_OK;
}

sw_code tiers_reserve_pages(engine_device *d, uint64_t n_bytes, sw_err *err)
{
    if (d->device == NULL || gpu_slab_reserve(&d->slab, &d->vram, (size_t)n_bytes))
        return SW_OK;
    return vram_check(d->memory, err);
}

void tiers_close(engine_tiers *t)
{
    for (int i = 0; i < t->n_devices; i++) {
        engine_device *const d = &t->devices[i];
        if (d->device != NULL)
            gpu_slab_free(&d->slab);
        vram_close(d->memory);
        device_close(d->device);
    }
    *t = (engine_tiers){0};
}
