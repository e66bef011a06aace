/* emu_stream.c - an emulated device's streams, events and graphs.
 *
 * A stream is a queue of steps that are done when something waits for it, and not before: what the host reads too
 * early, or overwrites too early, shows in the results.  A graph is such a queue that is kept.
 */
#include <string.h>

#include "base/alloc.h"
#include "gpu/emu_parts.h"

enum { ARGS_MAX = 512, STEPS_WHEN_ASKED = 8 };

typedef struct emu_stream emu_stream;

typedef struct emu_event {
    device_event base;
    emu_stream *stream; // where it was recorded last; NULL: nowhere, or the stream is closed
    uint64_t n_steps;   // of the stream, that are before it
} emu_event;

typedef enum step_kind { STEP_COPY, STEP_FILL, STEP_LAUNCH, STEP_JOIN } step_kind;

typedef struct step {
    step_kind kind;
    void *to;
    const void *from;
    size_t n_bytes;
    int byte;
    emu_stream *other; // to have done n_bytes steps: a join
    device_launch launch;
    unsigned char args[ARGS_MAX] __attribute__((aligned(16)));
} step;

typedef struct steps {
    step *list;
    size_t n, cap;
} steps;

struct emu_stream {
    device_stream base;
    steps queue;
    uint64_t n_given, n_done; // ever; the queue's last steps are those that are not done
    bool is_capturing;
    steps captured;
};

typedef struct emu_graph {
    device_graph base;
    steps steps;
} emu_graph;

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static sw_code lose(emu_device *d, const sw_err *why)
{
    pthread_mutex_lock(&d->lock);
    if (d->lost[0] == '\0')
        memcpy(d->lost, why->msg, sizeof d->lost);
    pthread_mutex_unlock(&d->lock);
    return why->code;
}

static sw_code check_alive(emu_device *d, sw_err *err)
{
    pthread_mutex_lock(&d->lock);
    const sw_code code = d->lost[0] == '\0' ? SW_OK : sw_fail(err, SW_EIO, "%s is lost: %s", d->base.name, d->lost);
    pthread_mutex_unlock(&d->lock);
    return code;
}

/* Turns the pointers at the beginning of a kernel's struct into addresses of this process. */
static sw_code open_pointers(emu_device *d, step *s, unsigned char *args, sw_err *err)
{
    const kernel_facts *const k = &KERNEL_FACTS[s->launch.kernel];
    memcpy(args, s->args, k->args_bytes);
    for (size_t i = 0; i < k->n_pointers; i++) {
        void *p;
        memcpy(&p, args + i * sizeof p, sizeof p);
        if (p == NULL)
            continue;
        if (!emu_is_known(d, p, 1))
            return sw_fail(err, SW_EIO, "kernel %s: pointer %zu, %p, is not the device's memory", k->name, i, p);
        p = emu_here(p);
        memcpy(args + i * sizeof p, &p, sizeof p);
    }
    return SW_OK;
}

static sw_code run_launch(emu_device *d, step *s, sw_err *err)
{
    unsigned char args[ARGS_MAX] __attribute__((aligned(16)));
    sw_code code = emu_fault(&d->faults, EMU_LOST, err);
    if (code == SW_OK)
        code = open_pointers(d, s, args, err);
    if (code != SW_OK)
        return code;
    device_launch l = s->launch;
    l.args = args;
    return emu_run(&l, err);
}

static sw_code run_until(emu_stream *s, uint64_t n_steps, sw_err *err);

static sw_code run_step(emu_device *d, step *s, sw_err *err)
{
    switch (s->kind) {
    case STEP_COPY: memmove(emu_here(s->to), emu_here(s->from), s->n_bytes); return SW_OK;
    case STEP_FILL: memset(emu_here(s->to), s->byte, s->n_bytes); return SW_OK;
    case STEP_JOIN: return run_until(s->other, s->n_bytes, err);
    default: return run_launch(d, s, err);
    }
}

/* Until the stream has done n_steps of all that it was ever given. */
static sw_code run_until(emu_stream *s, uint64_t n_steps, sw_err *err)
{
    emu_device *const d = emu_of(s->base.device);
    sw_code code = check_alive(d, err);
    const size_t first = s->queue.n - (size_t)(s->n_given - s->n_done);
    for (size_t i = first; code == SW_OK && s->n_done < n_steps; i++) {
        sw_err why;
        sw_err_clear(&why);
        step now = s->queue.list[i];
        code = run_step(d, &now, &why);
        if (code != SW_OK)
            code = sw_fail(err, lose(d, &why), "%s: %s", d->base.name, why.msg);
        s->n_done++;
    }
    if (s->n_done == s->n_given)
        s->queue.n = 0;
    return code;
}

static sw_code add_step(steps *to, const step *s, sw_err *err)
{
    if (!mem_grow(&to->list, &to->cap, to->n + 1, sizeof *to->list))
        return sw_fail(err, SW_ENOMEM, "no memory for the emulated device's queue");
    to->list[to->n++] = *s;
    return SW_OK;
}

static sw_code give(device_stream *base, const step *s, sw_err *err)
{
    emu_stream *const st = (emu_stream *)(void *)base;
    sw_code code = check_alive(emu_of(base->device), err);
    if (code != SW_OK)
        return code;
    if (st->is_capturing)
        return add_step(&st->captured, s, err);
    code = add_step(&st->queue, s, err);
    st->n_given += code == SW_OK;
    return code;
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

static sw_code stream_open(device *d, device_stream **out, sw_err *err)
{
    emu_stream *const s = mem_calloc(1, sizeof *s);
    if (s == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for a stream", d->name);
    s->base.device = d;
    *out = &s->base;
    return SW_OK;
}

static void stream_close(device_stream *base)
{
    emu_stream *const s = (emu_stream *)(void *)base;
    mem_free(s->queue.list);
    mem_free(s->captured.list);
    mem_free(s);
}

static sw_code stream_wait(device_stream *base, sw_err *err)
{
    emu_stream *const s = (emu_stream *)(void *)base;
    if (s->is_capturing)
        return sw_fail(err, SW_EINVAL, "%s: a stream that is captured cannot be waited for", base->device->name);
    return run_until(s, s->n_given, err);
}

static sw_code check_side(device_stream *s, const void *p, size_t n_bytes, bool is_device, sw_err *err)
{
    if (!is_device || emu_is_known(emu_of(s->device), p, n_bytes))
        return SW_OK;
    return sw_fail(err, SW_EINVAL, "%s: copy: %zu bytes at %p are not the device's memory", s->device->name, n_bytes,
                   p);
}

static sw_code copy(device_stream *s, void *to, const void *from, size_t n_bytes, device_way way, sw_err *err)
{
    sw_code code = check_side(s, to, n_bytes, way != COPY_DOWN, err);
    if (code == SW_OK)
        code = check_side(s, from, n_bytes, way != COPY_UP, err);
    if (code == SW_OK)
        code = emu_fault(&emu_of(s->device)->faults, EMU_COPY, err);
    const step now = {.kind = STEP_COPY, .to = to, .from = from, .n_bytes = n_bytes};
    return code == SW_OK ? give(s, &now, err) : code;
}

static sw_code fill(device_stream *s, void *to, int byte, size_t n_bytes, sw_err *err)
{
    const sw_code code = check_side(s, to, n_bytes, true, err);
    const step now = {.kind = STEP_FILL, .to = to, .byte = byte, .n_bytes = n_bytes};
    return code == SW_OK ? give(s, &now, err) : code;
}

static sw_code launch(device_stream *s, const device_launch *l, sw_err *err)
{
    const sw_code code = emu_fault(&emu_of(s->device)->faults, EMU_LAUNCH, err);
    if (code != SW_OK)
        return code;
    step now = {.kind = STEP_LAUNCH, .launch = *l};
    memcpy(now.args, l->args, KERNEL_FACTS[l->kernel].args_bytes);
    now.launch.args = NULL;
    return give(s, &now, err);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static sw_code event_open(device *d, device_event **out, sw_err *err)
{
    emu_event *const e = mem_calloc(1, sizeof *e);
    if (e == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for an event", d->name);
    e->base.device = d;
    *out = &e->base;
    return SW_OK;
}

static void event_close(device_event *e)
{
    mem_free(e);
}

static sw_code event_record(device_event *base, device_stream *s, sw_err *err)
{
    (void)err;
    emu_event *const e = (emu_event *)(void *)base;
    e->stream = (emu_stream *)(void *)s;
    e->n_steps = e->stream->n_given;
    return SW_OK;
}

static sw_code event_wait(device_event *base, sw_err *err)
{
    const emu_event *const e = (const emu_event *)(const void *)base;
    return e->stream == NULL || e->stream->n_done >= e->n_steps ? SW_OK : run_until(e->stream, e->n_steps, err);
}

static sw_code event_passed(device_event *base, bool *out, sw_err *err)
{
    const emu_event *const e = (const emu_event *)(const void *)base;
    emu_stream *const s = e->stream;
    sw_code code = SW_OK;
    if (s != NULL && s->n_done < e->n_steps) {
        const uint64_t soon = s->n_done + STEPS_WHEN_ASKED;
        code = run_until(s, soon < e->n_steps ? soon : e->n_steps, err);
    }
    *out = code == SW_OK && (s == NULL || s->n_done >= e->n_steps);
    return code;
}

static sw_code event_join(device_event *base, device_stream *s, sw_err *err)
{
    const emu_event *const e = (const emu_event *)(const void *)base;
    if (e->stream == NULL || (device_stream *)(void *)e->stream == s)
        return SW_OK;
    return give(s, &(step){.kind = STEP_JOIN, .other = e->stream, .n_bytes = e->n_steps}, err);
}

static sw_code event_us(const device_event *from, const device_event *to, double *out, sw_err *err)
{
    (void)from, (void)to, (void)err;
    *out = 0;
    return SW_OK;
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

static sw_code capture_begin(device_stream *base, sw_err *err)
{
    emu_stream *const s = (emu_stream *)(void *)base;
    if (s->is_capturing)
        return sw_fail(err, SW_EINVAL, "%s: the stream is captured already", base->device->name);
    s->is_capturing = true;
    s->captured.n = 0;
    return SW_OK;
}

static sw_code capture_end(device_stream *base, device_graph **out, sw_err *err)
{
    emu_stream *const s = (emu_stream *)(void *)base;
    emu_graph *const g = s->is_capturing ? mem_calloc(1, sizeof *g) : NULL;
    if (!s->is_capturing)
        return sw_fail(err, SW_EINVAL, "%s: the stream is not captured", base->device->name);
    s->is_capturing = false;
    if (g == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory for a graph", base->device->name);
    g->base.device = base->device;
    g->steps = s->captured;
    s->captured = (steps){0};
    *out = &g->base;
    return SW_OK;
}

static sw_code graph_launch(device_graph *base, device_stream *s, sw_err *err)
{
    const emu_graph *const g = (const emu_graph *)(const void *)base;
    sw_code code = SW_OK;
    for (size_t i = 0; i < g->steps.n && code == SW_OK; i++)
        code = give(s, &g->steps.list[i], err);
    return code;
}

static void graph_close(device_graph *base)
{
    emu_graph *const g = (emu_graph *)(void *)base;
    mem_free(g->steps.list);
    mem_free(g);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

void emu_fill_streams(device_ops *ops)
{
    ops->stream_open = stream_open;
    ops->stream_close = stream_close;
    ops->stream_wait = stream_wait;
    ops->copy = copy;
    ops->fill = fill;
    ops->launch = launch;
    ops->event_open = event_open;
    ops->event_close = event_close;
    ops->event_record = event_record;
    ops->event_wait = event_wait;
    ops->event_passed = event_passed;
    ops->event_join = event_join;
    ops->event_us = event_us;
    ops->capture_begin = capture_begin;
    ops->capture_end = capture_end;
    ops->graph_launch = graph_launch;
    ops->graph_close = graph_close;
}
