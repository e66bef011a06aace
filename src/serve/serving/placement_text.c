/* placement_text.c - one line per kind of memory, in megabytes, which people compare at a glance. */
#include "serving/placement_text.h"

#include <stddef.h>
#include <stdio.h>

/* A word for a memory. */
typedef struct tier_word {
    char text[16];
} tier_word;

/* VRAM is numbered where there are several devices; device -1: of all together. */
static tier_word word_of(const sw_engine_state *s, sw_tier tier, int device)
{
    tier_word w = {"RAM"};
    if (tier == SW_TIER_VRAM && device >= 0 && s->n_devices > 1)
        snprintf(w.text, sizeof w.text, "VRAM%d", device);
    else if (tier == SW_TIER_VRAM)
        snprintf(w.text, sizeof w.text, "VRAM");
    return w;
}

static void add_line(buf *out, tier_word tier, const char *what, uint64_t bytes, const char *remark)
{
    buf_printf(out, "  %-5s %-26s %12.2f MB%s%s\n", tier.text, what, (double)bytes / 1e6, remark[0] != '\0' ? "  " : "",
               remark);
}

static void add_ram(buf *out, const char *what, uint64_t bytes, const char *remark)
{
    add_line(out, (tier_word){"RAM"}, what, bytes, remark);
}

/* "experts of layer 3, 0 to 15" */
static void name_row(char *text, size_t size, const sw_placement_row *r)
{
    int n = snprintf(text, size, "%s", sw_tensor_class_name(r->cls));
    if (r->layer >= 0)
        n += snprintf(text + n, size - (size_t)n, ", layer %d", r->layer);
    if (r->expert >= 0 && r->n_experts > 1)
        snprintf(text + n, size - (size_t)n, ", %d to %d", r->expert, r->expert + r->n_experts - 1);
    else if (r->expert >= 0)
        snprintf(text + n, size - (size_t)n, ", %d", r->expert);
}

static void add_row(buf *out, const sw_engine_state *s, const sw_placement_row *r)
{
    char what[64], remark[32] = "";
    name_row(what, sizeof what, r);
    if (r->requested != r->effective)
        snprintf(remark, sizeof remark, "requested in %s", word_of(s, r->requested, -1).text);
    add_line(out, word_of(s, r->effective, r->device), what, r->bytes, remark);
}

/* A line for every device that has any; memory that stands for a device's is one. */
static void add_vram(buf *out, const sw_engine_state *s, const char *what, size_t member, uint64_t sum,
                     const char *remark)
{
    for (int i = 0; i < s->n_devices; i++) {
        const uint64_t bytes = *(const uint64_t *)(const void *)((const char *)&s->devices[i] + member);
        if (bytes > 0)
            add_line(out, word_of(s, SW_TIER_VRAM, i), what, bytes, remark);
    }
    if (s->n_devices == 0 && sum > 0)
        add_line(out, word_of(s, SW_TIER_VRAM, -1), what, sum, remark);
}

static void add_cache(buf *out, const sw_engine_state *s)
{
    static const char WHAT[] = "keys and values, full";
    char remark[48];
    snprintf(remark, sizeof remark, "%.2f kB per token", (double)s->kv_bytes_per_token / 1e3);
    add_vram(out, s, WHAT, offsetof(sw_device_state, kv_bytes), s->kv_bytes_vram, remark);
    if (s->kv_bytes_max > s->kv_bytes_vram)
        add_ram(out, WHAT, s->kv_bytes_max - s->kv_bytes_vram, remark);
}

static void add_device_totals(buf *out, const sw_engine_state *s)
{
    for (int i = 0; i < s->n_devices; i++) {
        char remark[192];
        const sw_device_state *const d = &s->devices[i];
        const uint64_t bytes = d->weight_bytes + d->kv_bytes + d->buffer_bytes + d->cache_bytes;
        snprintf(remark, sizeof remark, "of %.2f MB of %s (%s)", (double)d->bytes / 1e6, d->name,
                 d->is_emulated ? "emulated" : d->model);
        if (bytes > 0 || s->n_devices > 1)
            add_line(out, word_of(s, SW_TIER_VRAM, i), "total", bytes, remark);
    }
    const uint64_t all = s->weight_bytes_vram + s->kv_bytes_vram + s->buffer_bytes_vram + s->expert_cache_bytes;
    if (all > 0 && s->n_devices != 1)
        add_line(out, word_of(s, SW_TIER_VRAM, -1), "total", all, "");
}

static void add_working(buf *out, const sw_engine_state *s)
{
    char remark[80] = "";
    if (s->stream_tokens > 0)
        snprintf(remark, sizeof remark, "of it for experts that come in steps of %d tokens and more", s->stream_tokens);
    add_vram(out, s, "working buffers", offsetof(sw_device_state, buffer_bytes), s->buffer_bytes_vram, remark);
}

/* "no token uses 3 experts (--mask-experts): 3:17, 3:18, 4:0" */
static void add_masked(buf *out, const sw_engine_state *s)
{
    enum { NAMED_MAX = 4 };
    if (s->n_masked == 0)
        return;
    buf_printf(out, "  no token uses %zu expert%s (--mask-experts):", s->n_masked, s->n_masked == 1 ? "" : "s");
    for (size_t i = 0; i < s->n_masked && i < NAMED_MAX; i++)
        buf_printf(out, "%s %d:%d", i > 0 ? "," : "", s->masked[i].layer, s->masked[i].expert);
    buf_puts(out, s->n_masked > NAMED_MAX ? ", ...\n" : "\n");
}

void placement_text(buf *out, const sw_engine_state *s, const sw_placement_row *rows, size_t n_rows)
{
    char slots[48];
    for (size_t i = 0; i < n_rows; i++)
        add_row(out, s, &rows[i]);
    add_cache(out, s);
    add_working(out, s);
    snprintf(slots, sizeof slots, "copies of %d that are in RAM", s->expert_cache_slots);
    add_vram(out, s, "cache of experts", offsetof(sw_device_state, cache_bytes), s->expert_cache_bytes, slots);
    add_ram(out, "working buffers", s->buffer_bytes, "");
    add_ram(out, "process, vocabulary", s->process_bytes, "");
    add_device_totals(out, s);
    add_ram(out, "total, at most", s->ram_bytes_max, "");
    add_masked(out, s);
}
