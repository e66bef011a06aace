/* tiers.c - which devices, and how much of them. */
#include "engine/tiers.h"

#include <stdio.h>
#include <string.h>

#include "forward/gpu/gpu_backend.h"
#include "gpu/cuda_device.h"
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

static void close_device(engine_device *d)
{
    if (d->device != NULL)
        gpu_slab_free(&d->slab);
    vram_close(d->memory);
    device_close(d->device);
    *d = (engine_device){0};
}

/* Opens one more device. */
static sw_code open_device(engine_tiers *t, const char *name, sw_err *err)
{
    engine_device *const d = &t->devices[t->n_devices];
    if (t->n_devices == LIMIT_DEVICES)
        return sw_fail(err, SW_EINVAL, "--devices: an engine has at most %d devices", (int)LIMIT_DEVICES);
    sw_code code = device_open(name, NULL, &d->device, err);
    if (code == SW_OK)
        code = describe(d, err);
    if (code == SW_OK)
        t->n_devices++;
    else
        close_device(d);
    return code;
}

/* Which of the devices has a name; -1: none. */
static int number_of(const engine_tiers *t, const char *name)
{
    for (int i = 0; i < t->n_devices; i++) {
        if (strcmp(t->devices[i].device->name, name) == 0)
            return i;
    }
    return -1;
}

/* Emulated devices may be alike: of equal names the second becomes NAME#2.  A GPU is there once. */
static sw_code open_named(engine_tiers *t, const char *name, sw_err *err)
{
    char own[DEVICE_NAME_BYTES];
    snprintf(own, sizeof own, "%s", name);
    for (int n = 2; number_of(t, own) >= 0; n++)
        snprintf(own, sizeof own, "%.40s#%d", name, n);
    if (strcmp(own, name) != 0 && strncmp(name, "emu:", 4) != 0)
        return sw_fail(err, SW_EINVAL, "--devices names %s twice", name);
    const sw_code code = open_device(t, name, err);
    if (code == SW_OK)
        memcpy(t->devices[t->n_devices - 1].device->name, own, sizeof own);
    return code;
}

/* Names separated by commas. */
static sw_code open_list(engine_tiers *t, const char *names, sw_err *err)
{
    sw_code code = SW_OK;
    for (const char *at = names; code == SW_OK && at != NULL;) {
        char name[DEVICE_NAME_BYTES];
        const size_t n = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name), at);
        code = open_named(t, name, err);
        at = at[n] == ',' ? at + n + 1 : NULL;
    }
    if (code != SW_OK)
        tiers_close(t);
    return code;
}

/* Of what cannot be used the first is told. */
static void note_unused(engine_tiers *t, const char *name, const sw_err *why)
{
    if (t->note[0] == '\0')
        snprintf(t->note, sizeof t->note, "%.63s is not used: %.420s", name, why->msg);
}

/* A machine without a driver or GPU is nothing to speak of; one with a GPU that cannot be used is. */
static void open_all(engine_tiers *t)
{
    sw_err why;
    int n, version;
    sw_err_clear(&why);
    const sw_code code = cuda_count(&n, &version, &why);
    if (code != SW_OK && code != SW_ENOTFOUND)
        note_unused(t, "the GPU", &why);
    for (int i = 0; i < n && t->n_devices < LIMIT_DEVICES; i++) {
        char name[DEVICE_NAME_BYTES];
        snprintf(name, sizeof name, "cuda:%d", i);
        sw_err_clear(&why);
        if (open_device(t, name, &why) != SW_OK)
            note_unused(t, name, &why);
    }
}

sw_code tiers_open(engine_tiers *t, const char *names, sw_err *err)
{
    *t = is_set ? in_use : (engine_tiers){.working_bytes = working_bytes};
    if (is_set || names == NULL || strcmp(names, "none") == 0)
        return SW_OK;
    if (strcmp(names, "auto") != 0)
        return open_list(t, names, err);
    open_all(t);
    return SW_OK;
}

device_names tiers_names(const engine_tiers *t)
{
    device_names names = {.n = t->n_devices};
    for (int i = 0; i < t->n_devices; i++)
        names.names[i] = t->devices[i].device != NULL ? t->devices[i].device->name : "VRAM";
    return names;
}

sw_code tiers_reserve_pages(engine_device *d, uint64_t n_bytes, sw_err *err)
{
    if (d->device == NULL || gpu_slab_reserve(&d->slab, &d->vram, (size_t)n_bytes))
        return SW_OK;
    return vram_check(d->memory, err);
}

void tiers_close(engine_tiers *t)
{
    for (int i = 0; i < t->n_devices; i++)
        close_device(&t->devices[i]);
    *t = (engine_tiers){0};
}
