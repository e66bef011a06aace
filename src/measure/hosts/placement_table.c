/* placement_table.c - rows, facts and the whereabouts of experts from GET /v1/placement. */
#include "hosts/placement_table.h"

#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>

#include "base/size_text.h"
#include "hosts/member.h"

static const char SOURCE[] = "allocations";

enum { ROWS_MAX = 256, NAMED_MAX = 4 }; // rows of classes; experts that a sentence names

const json_t *placement_table_of(const json_t *document, const char *model)
{
    const json_t *const data = member_at(document, "data");
    const size_t n = json_array_size(data);
    for (size_t i = 0; i < n; i++) {
        const json_t *const table = json_array_get(data, i);
        const char *const name = member_text(table, "model");
        if (n == 1 || (name != NULL && strcmp(name, model) == 0))
            return table;
    }
    return NULL;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* The tier's own name, static; NULL: it is none that is known. */
static const char *tier_of(const json_t *row, const char *member)
{
    static const char *const TIERS[] = {"ram", "vram", "disk"};
    const char *const tier = member_text(row, member);
    for (size_t i = 0; tier != NULL && i < sizeof TIERS / sizeof *TIERS; i++) {
        if (strcmp(tier, TIERS[i]) == 0)
            return TIERS[i];
    }
    return NULL;
}

/* A class of weights, as it is spelled everywhere; NULL: it is none that is known. */
static const char *class_of(const json_t *row)
{
    const char *const name = member_text(row, "class");
    for (int c = 0; name != NULL && c < SW_N_CLASSES; c++) {
        if (strcmp(name, sw_tensor_class_name((sw_tensor_class)c)) == 0)
            return sw_tensor_class_name((sw_tensor_class)c);
    }
    return NULL;
}

/* Returns true if rows are of the same weights in the same tier: on different devices. */
static bool is_same(const placement_row *row, const char *tier, const char *name, const char *requested)
{
    return strcmp(row->tier, tier) == 0 && strcmp(row->tensor_class, name) == 0 &&
           strcmp(row->requested, requested) == 0;
}

/* Adds bytes to a tier; a number that is not known has none. */
static void add_row(placement_row *rows, size_t *n, const char *tier, const char *name, double bytes,
                    const char *requested)
{
    if (tier == NULL || name == NULL || !(bytes > 0))
        return;
    requested = requested != NULL ? requested : "";
    for (size_t i = 0; i < *n; i++) {
        if (is_same(&rows[i], tier, name, requested)) {
            rows[i].bytes += (uint64_t)bytes;
            return;
        }
    }
    if (*n < ROWS_MAX)
        rows[(*n)++] = (placement_row){.server = -1,
                                       .tier = tier,
                                       .tensor_class = name,
                                       .bytes = (uint64_t)bytes,
                                       .requested = requested,
                                       .source = SOURCE};
}

sw_code placement_table_rows(const json_t *table, arena *keep, placement_row **out, size_t *n_out, sw_err *err)
{
    const json_t *const weights = member_at(table, "weights");
    *n_out = 0;
    *out = arena_alloc(keep, ROWS_MAX * sizeof **out);
    if (*out == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the placement of a model");
    for (size_t i = 0; i < json_array_size(weights); i++) {
        const json_t *const row = json_array_get(weights, i);
        add_row(*out, n_out, tier_of(row, "effective"), class_of(row), member_number(row, "bytes"),
                tier_of(row, "requested"));
    }
    add_row(*out, n_out, "ram", "kv", member_number(table, "kv.tiers.ram"), NULL);
    add_row(*out, n_out, "vram", "kv", member_number(table, "kv.tiers.vram"), NULL);
    add_row(*out, n_out, "ram", "buffers", member_number(table, "buffers.bytes"), NULL);
    add_row(*out, n_out, "vram", "buffers", member_number(table, "buffers.vram_bytes"), NULL);
    add_row(*out, n_out, "vram", "expert_cache", member_number(table, "expert_cache.bytes"), NULL);
    return SW_OK;
}

/* ---- experts ----------------------------------------------------------------------------------------------------- */

typedef struct expert_sums {
    double in_ram, in_vram; // experts
    size_t n_bad;           // rows of experts that say nothing
} expert_sums;

static bool is_expert_row(const json_t *row)
{
    const char *const name = class_of(row);
    return name != NULL && strcmp(name, sw_tensor_class_name(SW_CLASS_EXPERTS)) == 0;
}

static expert_sums sum_experts(const json_t *weights)
{
    expert_sums sums = {0};
    for (size_t i = 0; i < json_array_size(weights); i++) {
        const json_t *const row = json_array_get(weights, i);
        const double n = member_number(row, "n_experts");
        const char *const tier = tier_of(row, "effective");
        const bool is_whole = n > 0 && member_number(row, "layer") >= 0 && member_number(row, "expert") >= 0;
        if (!is_expert_row(row))
            continue;
        if (is_whole && tier != NULL && strcmp(tier, "ram") == 0)
            sums.in_ram += n;
        else if (is_whole && tier != NULL && strcmp(tier, "vram") == 0)
            sums.in_vram += n;
        else
            sums.n_bad++;
    }
    return sums;
}

/* "; in VRAM are expert 5 of layer 2, ..." */
static void name_apart(buf *evidence, const json_t *weights, const char *tier, const char *word)
{
    int n_named = 0;
    buf_printf(evidence, "; in %s are", word);
    for (size_t i = 0; i < json_array_size(weights); i++) {
        const json_t *const row = json_array_get(weights, i);
        const char *const effective = tier_of(row, "effective");
        if (!is_expert_row(row) || effective == NULL || strcmp(effective, tier) != 0)
            continue;
        if (n_named++ == NAMED_MAX) {
            buf_puts(evidence, ", ...");
            return;
        }
        const double first = member_number(row, "expert"), n = member_number(row, "n_experts");
        buf_printf(evidence, "%s ", n_named > 1 ? "," : "");
        if (n > 1)
            buf_printf(evidence, "experts %.0f to %.0f of layer %.0f", first, first + n - 1,
                       member_number(row, "layer"));
        else
            buf_printf(evidence, "expert %.0f of layer %.0f", first, member_number(row, "layer"));
    }
}

experts_place placement_table_experts(const json_t *table, buf *evidence)
{
    const json_t *const weights = member_at(table, "weights");
    const expert_sums sums = sum_experts(weights);
    const double n = sums.in_ram + sums.in_vram;
    if (n == 0 || sums.n_bad > 0) {
        buf_puts(evidence, sums.n_bad > 0 ? "the server's table of experts cannot be read"
                                          : "the server's table has no experts of layers");
        return EXPERTS_NOT_KNOWN;
    }
    buf_printf(evidence, "addresses of allocations: %.0f of %.0f experts are in RAM, %.0f in VRAM", sums.in_ram, n,
               sums.in_vram);
    const double n_copies = member_number(table, "expert_cache.slots");
    if (sums.in_vram == 0 && n_copies > 0)
        buf_printf(evidence, "; a cache in VRAM has copies of up to %.0f, which change", n_copies);
    if (sums.in_vram == 0)
        return n_copies > 0 ? EXPERTS_MIXED : EXPERTS_IN_RAM;
    if (sums.in_ram == 0)
        return EXPERTS_IN_VRAM;
    if (sums.in_vram <= sums.in_ram)
        name_apart(evidence, weights, "vram", "VRAM");
    else
        name_apart(evidence, weights, "ram", "RAM");
    return EXPERTS_MIXED;
}

/* ---- facts ------------------------------------------------------------------------------------------------------- */

/* "cuda:0 1.23 GB of 24.0 GB, cuda:1 ..."; nothing unless there are several, and all is told. */
static void put_device_bytes(const json_t *table, fact_list *facts, const char *source)
{
    enum { TEXT_BYTES = 1024 };
    const json_t *const devices = member_at(table, "compute.devices");
    const size_t n = json_array_size(devices);
    bool is_known = n > 1;
    buf text;
    buf_init(&text, TEXT_BYTES);
    for (size_t i = 0; i < n && is_known; i++) {
        const json_t *const d = json_array_get(devices, i);
        const char *const name = member_text(d, "name");
        const double taken = member_number(d, "weight_bytes") + member_number(d, "kv_bytes") +
                             member_number(d, "buffer_bytes") + member_number(d, "cache_bytes");
        const double bytes = member_number(d, "bytes");
        is_known = name != NULL && taken + bytes >= 0; // NAN is not
        if (is_known)
            buf_printf(&text, "%s%.63s %s of %s", i > 0 ? ", " : "", name, size_text_of((uint64_t)taken).text,
                       size_text_of((uint64_t)bytes).text);
    }
    if (is_known && text.failed == SW_OK)
        fact_list_text(facts, FACT_DEVICE_BYTES, buf_str(&text), source);
    buf_free(&text);
}

/* A server without a GPU has none of it. */
static void put_device(const json_t *table, fact_list *facts, const char *source)
{
    const json_t *const is_emulated = member_at(table, "compute.device.emulated");
    fact_list_text(facts, FACT_DEVICE, member_text(table, "compute.device.name"), source);
    if (json_is_boolean(is_emulated))
        fact_list_text(facts, FACT_DEVICE_EMULATED, json_is_true(is_emulated) ? "yes" : "no", source);
    put_device_bytes(table, facts, source);
}

/* What is longer than a fact begins with the hash of all of it. */
static void put_names(fact_list *facts, fact_name name, const char *text, const char *source)
{
    enum { SHOWN = 300 };
    char named[SHOWN + 40];
    uint8_t d[4];
    struct sha256_ctx h;
    sha256_init(&h);
    sha256_update(&h, strlen(text), (const uint8_t *)text);
    sha256_digest(&h, sizeof d, d);
    snprintf(named, sizeof named, "sha256:%02x%02x%02x%02x: %.*s ...", d[0], d[1], d[2], d[3], SHOWN, text);
    fact_list_text(facts, name, strlen(text) > SHOWN ? named : text, source);
}

/* "layer 3: 17 18; layer 4: 0" */
static void put_masked(const json_t *table, fact_list *facts, const char *source)
{
    enum { TEXT_BYTES = 4 << 20 };
    const json_t *const rows = member_at(table, "masked_experts");
    buf text;
    buf_init(&text, TEXT_BYTES);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *const row = json_array_get(rows, i), *const experts = member_at(row, "experts");
        buf_printf(&text, "%slayer %.0f:", i > 0 ? "; " : "", member_number(row, "layer"));
        for (size_t j = 0; j < json_array_size(experts); j++)
            buf_printf(&text, " %.0f", json_number_value(json_array_get(experts, j)));
    }
    put_names(facts, FACT_MASKED_EXPERTS, buf_str(&text), source);
    buf_free(&text);
}

void placement_table_facts(const json_t *table, fact_list *facts)
{
    static const char PATH[] = "/v1/placement";
    fact_list_text(facts, FACT_PLACEMENT_EFFECT, member_text(table, "placement.effect"), PATH);
    fact_list_text(facts, FACT_PLACEMENT_REASON, member_text(table, "placement.reason"), PATH);
    fact_list_text(facts, FACT_BACKEND, member_text(table, "compute.backend"), PATH);
    put_device(table, facts, PATH);
    put_masked(table, facts, PATH);
    fact_list_text(facts, FACT_ISA, member_text(table, "compute.isa"), PATH);
    fact_list_number(facts, FACT_N_THREADS, member_number(table, "compute.threads"), PATH);
    fact_list_number(facts, FACT_N_CTX, member_number(table, "kv.tokens"), PATH);
    fact_list_number(facts, FACT_N_SLOTS, member_number(table, "kv.sequences"), PATH);
    fact_list_text(facts, FACT_KV_TYPE, member_text(table, "kv.type"), PATH);
    fact_list_number(facts, FACT_KV_BYTES_PER_TOKEN, member_number(table, "kv.bytes_per_token"), PATH);
}
