/* emu_device.c - an emulated device: its name, and its memory, of which it knows every block. */
#include "gpu/emu_device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gpu/emu_parts.h"

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static sw_code add_region(emu_device *d, region r, sw_err *err)
{
    pthread_mutex_lock(&d->lock);
    const bool has_room = mem_grow(&d->regions, &d->cap, d->n_regions + 1, sizeof *d->regions);
    if (has_room)
        d->regions[d->n_regions++] = r;
    pthread_mutex_unlock(&d->lock);
    return has_room ? SW_OK : sw_fail(err, SW_ENOMEM, "no memory for the list of memory");
}

static size_t remove_region(emu_device *d, uintptr_t begin)
{
    size_t n_bytes = 0;
    pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < d->n_regions; i++) {
        if (d->regions[i].begin == begin) {
            n_bytes = d->regions[i].n_bytes;
            d->regions[i] = d->regions[--d->n_regions];
            break;
        }
    }
    pthread_mutex_unlock(&d->lock);
    return n_bytes;
}

bool emu_is_known(emu_device *d, const void *p, size_t n_bytes)
{
    bool is_in = false;
    const uintptr_t at = (uintptr_t)p;
    pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < d->n_regions && !is_in; i++) {
        const region *const r = &d->regions[i];
        is_in = at >= r->begin && at - r->begin <= r->n_bytes && n_bytes <= r->n_bytes - (at - r->begin);
    }
    pthread_mutex_unlock(&d->lock);
    return is_in;
}

static sw_code memory(device *base, size_t *free_out, size_t *total_out, sw_err *err)
{
    (void)err;
    emu_device *const d = emu_of(base);
    pthread_mutex_lock(&d->lock);
    *total_out = d->total;
    *free_out = d->total - d->used;
    pthread_mutex_unlock(&d->lock);
    return SW_OK;
}

/* Memory that the device knows by begin = its address + offset.  Not from the project's allocator: it stands for that
 * of another device, and sanitizers look at its end. */
static sw_code new_region(emu_device *d, size_t n_bytes, uintptr_t offset, void **out, sw_err *err)
{
    void *p = NULL;
    if (posix_memalign(&p, DEVICE_ALIGNMENT, n_bytes) != 0)
        return sw_fail(err, SW_ENOMEM, "this machine has no memory for the emulated device");
    memset(p, 0xee, n_bytes);
    *out = (void *)((uintptr_t)p + offset);
    const sw_code code = add_region(d, (region){(uintptr_t)*out, n_bytes}, err);
    if (code != SW_OK) {
        free(p);
        *out = NULL;
    }
    return code;
}

/* Counts bytes as used if there are as many; *had is what was used before. */
static bool take(emu_device *d, size_t n_bytes, size_t *had)
{
    pthread_mutex_lock(&d->lock);
    *had = d->used;
    const bool fits = n_bytes <= d->total - d->used;
    d->used += fits ? n_bytes : 0;
    pthread_mutex_unlock(&d->lock);
    return fits;
}

static void give_back(emu_device *d, size_t n_bytes)
{
    pthread_mutex_lock(&d->lock);
    d->used -= n_bytes;
    pthread_mutex_unlock(&d->lock);
}

static sw_code alloc(device *base, size_t n_bytes, void **out, sw_err *err)
{
    emu_device *const d = emu_of(base);
    size_t had;
    if (!take(d, n_bytes, &had))
        return sw_fail(err, SW_ENOMEM, "%zu of %zu bytes are taken", had, d->total);
    sw_code code = emu_fault(&d->faults, EMU_ALLOC, err);
    if (code == SW_OK)
        code = new_region(d, n_bytes, EMU_DEVICE_OFFSET, out, err);
    if (code != SW_OK)
        give_back(d, n_bytes);
    return code;
}

static void free_memory(device *base, void *p)
{
    emu_device *const d = emu_of(base);
    give_back(d, remove_region(d, (uintptr_t)p));
    free(emu_here(p));
}

static sw_code pinned_alloc(device *base, size_t n_bytes, void **out, sw_err *err)
{
    const sw_code code = emu_fault(&emu_of(base)->faults, EMU_PINNED, err);
    return code == SW_OK ? new_region(emu_of(base), n_bytes, 0, out, err) : code;
}

static void pinned_free(device *base, void *p)
{
    remove_region(emu_of(base), (uintptr_t)p);
    free(p);
}

static sw_code pin(device *base, void *p, size_t n_bytes, sw_err *err)
{
    const sw_code code = emu_fault(&emu_of(base)->faults, EMU_PIN, err);
    return code == SW_OK ? add_region(emu_of(base), (region){(uintptr_t)p, n_bytes}, err) : code;
}

static void unpin(device *base, void *p)
{
    remove_region(emu_of(base), (uintptr_t)p);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static void close_device(device *base)
{
    emu_device *const d = emu_of(base);
    pthread_mutex_destroy(&d->lock);
    mem_free(d->regions);
    mem_free(d);
}

/* Bytes from a text such as 64MiB, which may have a fault after it: *rest; 0 if it is none. */
static size_t bytes_of(const char *text, const char **rest)
{
    static const char *const UNITS[] = {"", "KiB", "MiB", "GiB"};
    char *end;
    errno = 0;
    const unsigned long long n = text[0] >= '1' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    if (n == 0 || errno != 0 || n > SIZE_MAX >> 31)
        return 0;
    for (int i = 0; i < 4; i++) {
        const size_t length = strlen(UNITS[i]);
        *rest = end + length;
        if (strncmp(end, UNITS[i], length) == 0 && (**rest == '\0' || **rest == '!'))
            return (size_t)n << 10 * i;
    }
    return 0;
}

sw_code emu_open(const char *size, const device_options *o, device **out, sw_err *err)
{
    (void)o;
    char text[DEVICE_NAME_BYTES];
    const char *fault;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(size, "#"), size); // what follows is only a name
    const size_t total = bytes_of(text, &fault);
    *out = NULL;
    if (total == 0)
        return sw_fail(err, SW_EINVAL, "an emulated device is emu:SIZE, such as emu:64MiB, not 'emu:%.40s'", size);
    emu_device *const d = mem_calloc(1, sizeof *d);
    if (d == NULL)
        return sw_fail(err, SW_ENOMEM, "emu:%s: no memory", size);
    d->ops = (device_ops){
        .close = close_device,
        .memory = memory,
        .alloc = alloc,
        .free = free_memory,
        .pinned_alloc = pinned_alloc,
        .pinned_free = pinned_free,
        .pin = pin,
        .unpin = unpin,
    };
    emu_fill_streams(&d->ops);
    d->base = (device){.ops = &d->ops, .is_emulated = true, .capability = 80, .n_processors = 4};
    snprintf(d->base.model, sizeof d->base.model, "emulated GPU");
    d->total = total;
    pthread_mutex_init(&d->lock, NULL);
    const sw_code code = emu_faults_read(&d->faults, fault, err);
    if (code != SW_OK)
        close_device(&d->base);
    else
        *out = &d->base;
    return code;
}
