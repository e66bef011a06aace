/* placement_text.c - one line per kind of memory, in megabytes, which people compare at a glance. */
#include "serving/placement_text.h"

#include <stdio.h>

static const char *tier_word(sw_tier tier)
{
    return tier == SW_TIER_RAM ? "RAM" : "VRAM";
}

static void add_line(buf *out, sw_tier tier, const char *what, uint64_t bytes, const char *remark)
{
    buf_printf(out, "  %-5s %-26s %12.2f MB%s%s\n", tier_word(tier), what, (double)bytes / 1e6,
               remark[0] != '\0' ? "  " : "", remark);
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

static void add_row(buf *out, const sw_placement_row *r)
{
    char what[64], remark[32] = "";
    name_row(what, sizeof what, r);
    if (r->requested != r->effective)
        snprintf(remark, sizeof remark, "requested in %s", tier_word(r->requested));
    add_line(out, r->effective, what, r->bytes, remark);
}

static void add_cache(buf *out, const sw_engine_state *s)
{
    char remark[48];
    snprintf(remark, sizeof remark, "%.2f kB per token", (double)s->kv_bytes_per_token / 1e3);
    if (s->kv_bytes_vram > 0)
        add_line(out, SW_TIER_VRAM, "keys and values, full", s->kv_bytes_vram, remark);
    if (s->kv_bytes_max > s->kv_bytes_vram)
        add_line(out, SW_TIER_RAM, "keys and values, full", s->kv_bytes_max - s->kv_bytes_vram, remark);
}

static void add_working(buf *out, const sw_engine_state *s)
{
    char remark[80] = "";
    if (s->stream_tokens > 0)
        snprintf(remark, sizeof remark, "%.2f MB for experts that come in steps of %d tokens and more",
                 (double)s->stream_bytes_vram / 1e6, s->stream_tokens);
    if (s->buffer_bytes_vram > 0)
        add_line(out, SW_TIER_VRAM, "working buffers", s->buffer_bytes_vram, remark);
}

void placement_text(buf *out, const sw_engine_state *s, const sw_placement_row *rows, size_t n_rows)
{
    const uint64_t vram = s->weight_bytes_vram + s->kv_bytes_vram + s->buffer_bytes_vram + s->expert_cache_bytes;
    char slots[48];
    char device[192] = "";
    if (s->device != NULL)
        snprintf(device, sizeof device, "of %.2f MB of %s (%s)", (double)s->device_bytes / 1e6, s->device,
                 s->is_emulated ? "emulated" : s->device_model);
    for (size_t i = 0; i < n_rows; i++)
        add_row(out, &rows[i]);
    add_cache(out, s);
    add_working(out, s);
    snprintf(slots, sizeof slots, "copies of %d that are in RAM", s->expert_cache_slots);
    if (s->expert_cache_bytes > 0)
        add_line(out, SW_TIER_VRAM, "cache of experts", s->expert_cache_bytes, slots);
    add_line(out, SW_TIER_RAM, "working buffers", s->buffer_bytes, "");
    add_line(out, SW_TIER_RAM, "process, vocabulary", s->process_bytes, "");
    if (vram > 0)
        add_line(out, SW_TIER_VRAM, "total", vram, device);
    add_line(out, SW_TIER_RAM, "total, at most", s->ram_bytes_max, "");
}
