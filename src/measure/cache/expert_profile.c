/* expert_profile.c - JSON to counts and back. */
#include "cache/expert_profile.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "json/json_fields.h"
#include "json/json_out.h"

enum { PROFILE_BYTES_MAX = 64 << 20 }; // 512 layers of 1024 experts with 20 digits are 11 million bytes

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* Reads one layer's counts; their number is known. */
static bool take_counts(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    expert_profile *const p = *(expert_profile **)target;
    (void)f;
    if (!json_is_array(value) || json_array_size(value) != (size_t)p->n_experts)
        return json_fail(r, at, JSON_FAULT_TYPE, "the counts must be an array of n_expert, %d, numbers", p->n_experts);
    for (size_t i = 0; i < (size_t)p->n_experts; i++) {
        const json_t *const count = json_array_get(value, i);
        if (!json_is_integer(count) || json_integer_value(count) < 0 ||
            (uint64_t)json_integer_value(count) > p->n_tokens)
            return json_fail(r, at, JSON_FAULT_RANGE, "each count must be a number from 0 to n_tokens");
        p->counts[(size_t)p->n_layers * (size_t)p->n_experts + i] = (uint64_t)json_integer_value(count);
    }
    return true;
}

/* What the table of a layer stores to. */
typedef struct layer_target {
    expert_profile *profile;
    int layer;
} layer_target;

static bool read_layer(json_reader *r, const json_place *at, const json_t *value, expert_profile *p)
{
    static const json_field FIELDS[] = {
        {.name = "layer",
         .type = FIELD_INT,
         .offset = offsetof(layer_target, layer),
         .max = LIMIT_MODEL_LAYERS - 1,
         .is_required = true},
        {.name = "counts", .type = FIELD_CUSTOM, .take = take_counts, .is_required = true},
    };
    static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof FIELDS[0]};
    layer_target target = {.profile = p};
    if (!json_read_object(r, at, value, &TABLE, &target))
        return false;
    if (p->n_layers > 0 && target.layer <= p->layers[p->n_layers - 1])
        return json_fail(r, at, JSON_FAULT_RANGE, "the layers must ascend");
    p->layers[p->n_layers++] = target.layer;
    return true;
}

/* Reads the layers; the counts are allocated for all of them. */
static bool read_layers(json_reader *r, const json_t *list, expert_profile *p)
{
    const json_place at = {.name = "layers"};
    const size_t n = json_array_size(list);
    if (!json_is_array(list) || n == 0 || n > LIMIT_MODEL_LAYERS)
        return json_fail_type(r, &at, "an array of 1 to 512 layers");
    p->layers = mem_calloc(n, sizeof *p->layers);
    p->counts = mem_calloc(n * (size_t)p->n_experts, sizeof *p->counts);
    if (p->layers == NULL || p->counts == NULL)
        return json_fail_memory(r);
    for (size_t i = 0; i < n; i++) {
        const json_place place = {.up = &at, .i = i};
        const json_t *const layer = json_array_get(list, i);
        if (!json_is_object(layer))
            return json_fail_type(r, &place, "an object");
        if (!read_layer(r, &place, layer, p))
            return false;
    }
    return true;
}

/* The members beside the layers. */
typedef struct head {
    int n_experts, n_used;
    int64_t n_tokens;
} head;

static bool read_document(json_reader *r, const json_t *document, expert_profile *p)
{
    // clang-format off
    static const json_field FIELDS[] = {
        {.name = "n_expert", .type = FIELD_INT, .offset = offsetof(head, n_experts), .min = 1, .max = LIMIT_MODEL_EXPERTS, .is_required = true},
        {.name = "n_expert_used", .type = FIELD_INT, .offset = offsetof(head, n_used), .min = 1, .max = LIMIT_MODEL_EXPERTS_USED, .is_required = true},
        {.name = "n_tokens", .type = FIELD_INT64, .offset = offsetof(head, n_tokens), .min = 1, .max = 9007199254740992.0, .is_required = true},
    };
    // clang-format on
    static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof FIELDS[0]};
    head h = {.n_experts = 0};
    if (!json_is_object(document))
        return json_fail_type(r, NULL, "an object");
    if (!json_read_object(r, NULL, document, &TABLE, &h))
        return false;
    p->n_experts = h.n_experts;
    p->n_used = h.n_used;
    p->n_tokens = (uint64_t)h.n_tokens;
    return read_layers(r, json_object_get(document, "layers"), p);
}

static sw_code fault_to_error(const json_reader *r, const char *source, sw_err *err)
{
    return sw_fail(err, r->fault.kind == JSON_FAULT_MEMORY ? SW_ENOMEM : SW_EFORMAT, "%s is no profile of experts: %s",
                   source, r->fault.message);
}

sw_code expert_profile_from_json(expert_profile *out, const json_t *document, const char *source, sw_err *err)
{
    json_reader r = {.document = "the profile"};
    *out = (expert_profile){.n_layers = 0};
    return read_document(&r, document, out) ? SW_OK : fault_to_error(&r, source, err);
}

sw_code expert_profile_parse(expert_profile *out, const char *text, size_t n, const char *source, sw_err *err)
{
    const json_load_options options = {.bytes_max = PROFILE_BYTES_MAX, .refuse_repeated = true};
    json_reader r = {.document = "the profile"};
    *out = (expert_profile){.n_layers = 0};
    json_t *const document = json_load_text(&r, text, n, &options);
    const sw_code code =
        document != NULL ? expert_profile_from_json(out, document, source, err) : fault_to_error(&r, source, err);
    json_decref(document);
    return code;
}

sw_code expert_profile_from_trace(expert_profile *out, const router_trace *t, int n_experts, sw_err *err)
{
    *out =
        (expert_profile){.n_layers = t->n_layers, .n_experts = n_experts, .n_used = t->n_used, .n_tokens = t->n_tokens};
    out->layers = mem_calloc((size_t)t->n_layers, sizeof *out->layers);
    out->counts = mem_calloc((size_t)t->n_layers * (size_t)n_experts, sizeof *out->counts);
    if (out->layers == NULL || out->counts == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory");
    memcpy(out->layers, t->layers, (size_t)t->n_layers * sizeof *out->layers);
    router_trace_count(t, 0, t->n_tokens, n_experts, out->counts);
    return SW_OK;
}

void expert_profile_free(expert_profile *p)
{
    mem_free(p->layers);
    mem_free(p->counts);
    *p = (expert_profile){.n_layers = 0};
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

void expert_profile_write(buf *out, const expert_profile *p)
{
    json_t *layers = json_array();
    for (int layer = 0; layer < p->n_layers; layer++) {
        json_t *counts = json_array();
        for (int x = 0; x < p->n_experts; x++)
            json_push(&counts, json_integer((json_int_t)p->counts[(size_t)layer * (size_t)p->n_experts + (size_t)x]));
        json_push(&layers, json_pack("{s:i, s:o}", "layer", p->layers[layer], "counts", counts));
    }
    json_t *root = json_pack("{s:s, s:i, s:i, s:I}", "object", "experts.profile", "n_expert", p->n_experts,
                             "n_expert_used", p->n_used, "n_tokens", (json_int_t)p->n_tokens);
    json_put(&root, "layers", layers);
    json_write(out, root);
    buf_putc(out, '\n');
}

double *expert_profile_heat(const expert_profile *p)
{
    const size_t n = (size_t)p->n_layers * (size_t)p->n_experts;
    double *const heat = mem_calloc(n, sizeof *heat);
    for (size_t i = 0; i < n && heat != NULL; i++)
        heat[i] = (double)p->counts[i] / (double)p->n_tokens;
    return heat;
}
