/* gpu_slots.c - a slot has the matrices of its expert one after another, each with its bias after it. */
#include "forward/gpu/gpu_slots.h"

#include <string.h>

#include "base/alloc.h"

enum { ALIGN = 64, COPIES_MAX = GPU_SLOT_UPLOADS_MAX * 2 * GPU_STACKS };

/* What is still to be copied of a matrix or a bias. */
typedef struct slot_copy {
    uint8_t *to;
    const uint8_t *from;
    size_t n_bytes;
} slot_copy;

struct gpu_slots {
    gpu_slots_options o;
    uint8_t *room; // on the device
    size_t n_room;
    size_t *first; // (n_layers): where a layer's slots begin
    device_stream *stream;
    device_event *event; // the end of what the stream was given
    uint8_t *bounce;     // pinned; NULL: the weights are
    slot_copy copies[COPIES_MAX];
    size_t n_copies, next; // those before `next` were given to the stream
    uint64_t n_uploaded;
};

/* ---- where things are -------------------------------------------------------------------------------------------- */

static const mat *stack_of(const gpu_slots *s, size_t l, int which)
{
    const layer_weights *const layer = &s->o.w->layers[l];
    const mat *const stacks[GPU_STACKS] = {&layer->gate_exps, &layer->up_exps, &layer->down_exps};
    return stacks[which];
}

static size_t tile_bytes_of(const mat *m)
{
    return m->n_tiles * m->tile_bytes;
}

static size_t bias_bytes_of(const mat *m)
{
    return mat_padded_rows(m) * sizeof(float);
}

/* The beginning of the next part, after one of n_bytes. */
static uint8_t *after(uint8_t *p, size_t n_bytes)
{
    return p + (n_bytes + ALIGN - 1) / ALIGN * ALIGN;
}

gpu_expert_place gpu_slots_place(const gpu_slots *s, size_t l, int slot)
{
    gpu_expert_place place = {.bias = {NULL}};
    uint8_t *p = s->room + s->first[l] + (size_t)slot * s->o.slot_bytes[l];
    for (int i = 0; i < GPU_STACKS; i++) {
        const mat *const m = stack_of(s, l, i);
        place.tiles[i] = p;
        p = after(p, tile_bytes_of(m));
        if (!gpu_stack_has_bias(m))
            continue;
        place.bias[i] = p;
        p = after(p, bias_bytes_of(m));
    }
    return place;
}

/* ---- uploads ----------------------------------------------------------------------------------------------------- */

/* Gives the stream the next bytes of a copy: all of them, or what the rest of the bounce buffer holds. */
static sw_code give(gpu_slots *s, slot_copy *c, size_t *n_bounced, sw_err *err)
{
    const size_t room = GPU_SLOT_BOUNCE_BYTES - *n_bounced;
    const size_t n = s->bounce == NULL || c->n_bytes < room ? c->n_bytes : room;
    const uint8_t *from = c->from;
    if (s->bounce != NULL) {
        from = memcpy(s->bounce + *n_bounced, c->from, n);
        *n_bounced += n;
    }
    const sw_code code = device_copy(s->stream, c->to, from, n, COPY_UP, err);
    *c = (slot_copy){c->to + n, c->from + n, c->n_bytes - n};
    s->next += c->n_bytes == 0;
    s->n_uploaded += n;
    return code;
}

/* Gives the stream as much as may be: what it was given before is done. */
static sw_code go_on(gpu_slots *s, sw_err *err)
{
    sw_code code = SW_OK;
    size_t n_bounced = 0;
    while (code == SW_OK && s->next < s->n_copies && n_bounced < GPU_SLOT_BOUNCE_BYTES)
        code = give(s, &s->copies[s->next], &n_bounced, err);
    return code == SW_OK ? device_event_record(s->event, s->stream, err) : code;
}

static void add_copy(gpu_slots *s, const void *to, const void *from, size_t n_bytes)
{
    s->copies[s->n_copies++] = (slot_copy){(uint8_t *)(uintptr_t)to, from, n_bytes};
}

sw_code gpu_slots_upload(gpu_slots *s, size_t l, int slot, int expert, sw_err *err)
{
    if (s->n_copies + (size_t)(2 * GPU_STACKS) > COPIES_MAX)
        return sw_fail(err, SW_EBUSY, "%s: more than %d experts are being uploaded", s->o.device->name,
                       GPU_SLOT_UPLOADS_MAX);
    const bool is_idle = s->n_copies == 0; // else the bounce buffer may be being read
    const gpu_expert_place to = gpu_slots_place(s, l, slot);
    for (int i = 0; i < GPU_STACKS; i++) {
        const mat *const m = stack_of(s, l, i);
        add_copy(s, to.tiles[i], mat_tiles(m, (size_t)expert), tile_bytes_of(m));
        if (to.bias[i] != NULL)
            add_copy(s, to.bias[i], mat_bias(m, (size_t)expert), bias_bytes_of(m));
    }
    return s->bounce == NULL || is_idle ? go_on(s, err) : SW_OK;
}

sw_code gpu_slots_poll(gpu_slots *s, bool *is_done, sw_err *err)
{
    *is_done = s->n_copies == 0;
    if (*is_done)
        return SW_OK;
    bool has_passed;
    const sw_code code = device_event_passed(s->event, &has_passed, err);
    if (code != SW_OK || !has_passed)
        return code;
    if (s->next < s->n_copies)
        return go_on(s, err);
    s->n_copies = s->next = 0;
    *is_done = true;
    return SW_OK;
}

uint64_t gpu_slots_uploaded(const gpu_slots *s)
{
    return s->n_uploaded;
}

size_t gpu_slots_pinned_bytes(bool is_pinned)
{
    return is_pinned ? 0 : GPU_SLOT_BOUNCE_BYTES;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static sw_code take_room(gpu_slots *s, sw_err *err)
{
    void *room, *bounce;
    for (size_t l = 0; l < s->o.h->n_layers; l++) {
        s->first[l] = s->n_room;
        s->n_room += (size_t)s->o.n_slots[l] * (size_t)s->o.slot_bytes[l];
    }
    sw_code code = device_alloc(s->o.device, "the cache of experts", s->n_room, &room, err);
    if (code != SW_OK)
        return code;
    s->room = room;
    code = device_stream_open(s->o.device, &s->stream, err);
    if (code == SW_OK)
        code = device_event_open(s->o.device, &s->event, err);
    if (code == SW_OK && !s->o.is_pinned)
        code = device_pinned_alloc(s->o.device, GPU_SLOT_BOUNCE_BYTES, &bounce, err);
    if (code == SW_OK && !s->o.is_pinned)
        s->bounce = bounce;
    return code;
}

sw_code gpu_slots_open(gpu_slots **out, const gpu_slots_options *o, sw_err *err)
{
    gpu_slots *const s = mem_calloc(1, sizeof *s);
    *out = NULL;
    if (s == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for the cache of experts", o->device->name);
    s->o = *o;
    s->first = mem_calloc(o->h->n_layers, sizeof *s->first);
    const sw_code code = s->first != NULL
                             ? take_room(s, err)
                             : sw_fail(err, SW_ENOMEM, "%s: no memory for the cache of experts", o->device->name);
    if (code == SW_OK)
        *out = s;
    else
        gpu_slots_close(s);
    return code;
}

void gpu_slots_close(gpu_slots *s)
{
    if (s == NULL)
        return;
    if (s->stream != NULL && device_stream_wait(s->stream, NULL) != SW_OK)
        s->n_copies = 0; // a lost device reads nothing any more
    device_pinned_free(s->o.device, s->bounce);
    device_event_close(s->event);
    device_stream_close(s->stream);
    device_free(s->o.device, s->room, s->n_room);
    mem_free(s->first);
    mem_free(s);
}
