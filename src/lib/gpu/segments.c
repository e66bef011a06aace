/* segments.c - operations one behind the other in a piece of memory, and a cache of such pieces with their graphs. */
#include "gpu/segments.h"

#include <string.h>

#include "base/alloc.h"

enum {
    WORK_BYTES = 64 << 10,       // of a segment
    N_SEEN = 1024,               // hashes of segments that came once
    PATIENCE = 4 * SEGMENTS_KEPT // segments after which a graph is no longer in use
};

typedef enum work_kind { WORK_COPY, WORK_FILL, WORK_LAUNCH } work_kind;

/* One operation.  A launch's struct follows, filled up to 8 bytes. */
typedef struct work {
    uint32_t kind;
    uint32_t what; // the way of a copy, the byte of a fill, the kernel
    void *to;
    const void *from;
    uint64_t n_bytes;
    uint32_t grid[3], n_threads;
} work;
_Static_assert(sizeof(work) == 6 * sizeof(uint32_t) + 2 * sizeof(void *) + sizeof(uint64_t),
               "operations are compared byte for byte");

typedef struct segment {
    device_graph *graph; // NULL: none
    unsigned char *work;
    size_t n_bytes;
    uint64_t used; // when, in segments
} segment;

struct segments {
    device_keeper base; // first: a stream sees only this
    device_stream *stream;
    uint64_t now; // segments so far
    size_t n_ops, n_bytes;
    segments_counts counts;
    bool has_failed;
    sw_err failure;
    uint64_t seen[N_SEEN];
    segment cached[SEGMENT_SETS][SEGMENT_WAYS];
    unsigned char work[WORK_BYTES] __attribute__((aligned(8)));
};

/* ---- counts: one thread writes them ------------------------------------------------------------------------------ */

static void add(uint64_t *count)
{
    __atomic_store_n(count, __atomic_load_n(count, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

segments_counts segments_counted(const segments *s)
{
    return (segments_counts){__atomic_load_n(&s->counts.n_replayed, __ATOMIC_RELAXED),
                             __atomic_load_n(&s->counts.n_captured, __ATOMIC_RELAXED),
                             __atomic_load_n(&s->counts.n_direct, __ATOMIC_RELAXED)};
}

const char *segments_failure(const segments *s)
{
    return __atomic_load_n(&s->has_failed, __ATOMIC_ACQUIRE) ? s->failure.msg : NULL;
}

/* ---- giving ------------------------------------------------------------------------------------------------------ */

static size_t args_room(uint32_t kernel)
{
    return (KERNEL_FACTS[kernel].args_bytes + 7) / 8 * 8;
}

static sw_code give_one(device_stream *s, const work *w, sw_err *err)
{
    const device_ops *const ops = s->device->ops;
    switch ((work_kind)w->kind) {
    case WORK_COPY: return ops->copy(s, w->to, w->from, (size_t)w->n_bytes, (device_way)w->what, err);
    case WORK_FILL: return ops->fill(s, w->to, (int)w->what, (size_t)w->n_bytes, err);
    default: break;
    }
    const device_launch l = {.kernel = (kernel_id)w->what,
                             .grid = {w->grid[0], w->grid[1], w->grid[2]},
                             .n_threads = w->n_threads,
                             .args = w + 1};
    return ops->launch(s, &l, err);
}

static sw_code give_all(const segments *s, sw_err *err)
{
    sw_code code = SW_OK;
    for (size_t at = 0; at < s->n_bytes && code == SW_OK;) {
        const work *const w = (const work *)(const void *)(s->work + at);
        code = give_one(s->stream, w, err);
        at += sizeof *w + (w->kind == WORK_LAUNCH ? args_room(w->what) : 0);
    }
    return code;
}

/* The operations as a graph.  The capture ends whatever happens, so that the stream is usable. */
static sw_code record(const segments *s, device_graph **out, sw_err *err)
{
    const device_ops *const ops = s->stream->device->ops;
    const sw_code begun = ops->capture_begin(s->stream, err);
    if (begun != SW_OK)
        return begun;
    const sw_code given = give_all(s, err), ended = ops->capture_end(s->stream, out, given == SW_OK ? err : NULL);
    if (given == SW_OK)
        return ended;
    device_graph_close(*out);
    *out = NULL;
    return given;
}

/* ---- the cache --------------------------------------------------------------------------------------------------- */

static uint64_t hash_of(const segments *s)
{
    uint64_t hash = s->n_bytes, word;
    for (size_t at = 0; at < s->n_bytes; at += sizeof word) {
        memcpy(&word, s->work + at, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return hash;
}

static void drop(segment *g)
{
    device_graph_close(g->graph);
    mem_free(g->work);
    *g = (segment){0};
}

static segment *find(segments *s, segment *set)
{
    for (int i = 0; i < SEGMENT_WAYS; i++) {
        if (set[i].graph != NULL && set[i].n_bytes == s->n_bytes && memcmp(set[i].work, s->work, s->n_bytes) == 0)
            return &set[i];
    }
    return NULL;
}

/* The place for one more: a free one, or that of a graph that nothing has wanted for long.  NULL: all are in use; then
 * replacing them would only record again and again. */
static segment *place_for(const segments *s, segment *set)
{
    segment *oldest = &set[0];
    for (int i = 1; i < SEGMENT_WAYS; i++) {
        if (set[i].used < oldest->used)
            oldest = &set[i];
    }
    return oldest->graph == NULL || s->now - oldest->used > PATIENCE ? oldest : NULL;
}

/* Returns true if it came before; from now on it did. */
static bool was_seen(segments *s, uint64_t hash)
{
    uint64_t *const seen = &s->seen[hash % N_SEEN];
    const bool is_known = *seen == hash;
    *seen = hash;
    return is_known;
}

/* Fills a place with what is kept; false if the device does not record it, and never will. */
static bool capture(segments *s, segment *place)
{
    drop(place);
    segment made = {.work = mem_alloc(s->n_bytes), .n_bytes = s->n_bytes};
    sw_err_clear(&s->failure);
    const sw_code code = made.work != NULL ? record(s, &made.graph, &s->failure)
                                           : sw_fail(&s->failure, SW_ENOMEM, "no memory for a graph");
    if (code != SW_OK) {
        drop(&made);
        __atomic_store_n(&s->has_failed, true, __ATOMIC_RELEASE);
        return false;
    }
    memcpy(made.work, s->work, s->n_bytes);
    *place = made;
    return true;
}

static sw_code replay(segments *s, segment *g, uint64_t *count, sw_err *err)
{
    g->used = s->now;
    add(count);
    return s->stream->device->ops->graph_launch(g->graph, s->stream, err);
}

static sw_code give(segments *s, sw_err *err)
{
    if (s->n_ops < SEGMENT_OPS_MIN)
        return give_all(s, err);
    const uint64_t hash = hash_of(s);
    segment *const set = s->cached[hash % SEGMENT_SETS], *g = find(s, set);
    if (g != NULL)
        return replay(s, g, &s->counts.n_replayed, err);
    if (!s->has_failed && was_seen(s, hash) && (g = place_for(s, set)) != NULL && capture(s, g))
        return replay(s, g, &s->counts.n_captured, err);
    add(&s->counts.n_direct);
    return give_all(s, err);
}

static sw_code flush(device_keeper *k, sw_err *err)
{
    segments *const s = (segments *)(void *)k;
    if (s->n_ops == 0)
        return SW_OK;
    s->now++;
    const sw_code code = give(s, err);
    s->n_ops = s->n_bytes = 0;
    return code;
}

/* ---- keeping ----------------------------------------------------------------------------------------------------- */

static sw_code keep(device_keeper *k, const work *w, const void *args, size_t n_args, sw_err *err)
{
    segments *const s = (segments *)(void *)k;
    const size_t room = (n_args + 7) / 8 * 8;
    const bool is_full = s->n_ops == SEGMENT_OPS_MAX || s->n_bytes + sizeof *w + room > WORK_BYTES;
    const sw_code code = is_full ? flush(k, err) : SW_OK;
    if (code != SW_OK)
        return code;
    unsigned char *const to = s->work + s->n_bytes;
    memcpy(to, w, sizeof *w);
    memset(to + sizeof *w, 0, room);
    if (n_args > 0)
        memcpy(to + sizeof *w, args, n_args);
    s->n_ops++;
    s->n_bytes += sizeof *w + room;
    return SW_OK;
}

static sw_code copy(device_keeper *k, void *to, const void *from, size_t n_bytes, device_way way, sw_err *err)
{
    return keep(k, &(work){.kind = WORK_COPY, .what = (uint32_t)way, .to = to, .from = from, .n_bytes = n_bytes}, NULL,
                0, err);
}

static sw_code fill(device_keeper *k, void *to, int byte, size_t n_bytes, sw_err *err)
{
    return keep(k, &(work){.kind = WORK_FILL, .what = (uint32_t)byte, .to = to, .n_bytes = n_bytes}, NULL, 0, err);
}

static sw_code launch(device_keeper *k, const device_launch *l, sw_err *err)
{
    const work w = {.kind = WORK_LAUNCH,
                    .what = (uint32_t)l->kernel,
                    .grid = {l->grid[0], l->grid[1], l->grid[2]},
                    .n_threads = l->n_threads};
    return keep(k, &w, l->args, KERNEL_FACTS[l->kernel].args_bytes, err);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

sw_code segments_open(device_stream *stream, segments **out, sw_err *err)
{
    *out = mem_calloc(1, sizeof **out);
    if (*out == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: no memory to keep work in", stream->device->name);
    (*out)->base = (device_keeper){.copy = copy, .fill = fill, .launch = launch, .flush = flush};
    (*out)->stream = stream;
    return SW_OK;
}

void segments_close(segments *s)
{
    if (s == NULL)
        return;
    segments_end(s);
    for (size_t i = 0; i < SEGMENTS_KEPT; i++)
        drop(&s->cached[i / SEGMENT_WAYS][i % SEGMENT_WAYS]);
    mem_free(s);
}

void segments_begin(segments *s)
{
    s->stream->keeper = &s->base;
}

void segments_end(segments *s)
{
    s->stream->keeper = NULL;
    s->n_ops = s->n_bytes = 0;
}
