/* protocol.c - reads a protocol by tables, and tells protocols apart by a hash of their text. */
#include "suite/protocol.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/limits.h"
#include "json/json_fields.h"

extern const unsigned char embedded_protocols_local_streaming_json[];
extern const size_t embedded_protocols_local_streaming_json_size;

enum { PAUSE_SECONDS_MAX = 3600, NAME_BYTES_MAX = 200 };

/* What a protocol says for tests that leave it open. */
typedef struct protocol_fields {
    int64_t version;
    const char *name, *description;
    double pause_s;
    double temperature;
    int64_t seed;
} protocol_fields;

/* ---- tables: what a protocol may hold --------------------------------------------------------------------------- */

static const json_choice FORMS[] = {{"prose", FORM_PROSE}, {"code", FORM_CODE}, {"list", FORM_LIST}, {NULL, 0}};

/* Read by json_read_object beside this file's own rows: by functions, after the plain members are known. */
static bool take_later(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)r, (void)f, (void)at, (void)value, (void)target;
    return true;
}

// clang-format off
#define AT(member) offsetof(test_plan, member)
#define MAX_TOKENS_ROW                                                                                                 \
    {.name = "max_tokens", .type = FIELD_INT, .offset = AT(max_tokens), .min = 1, .max = LIMIT_CTX_TOKENS, .is_required = true}
#define PROMPT_ROW                                                                                                     \
    {.name = "prompt", .type = FIELD_TEXT, .offset = AT(prompt), .min = 1, .max = LIMIT_PROTOCOL_BYTES, .is_required = true}
static const json_field TEST_FIELDS[] = {
    {.name = "name", .type = FIELD_TEXT, .offset = AT(name), .min = 1, .max = NAME_BYTES_MAX, .is_required = true},
    {.name = "group", .type = FIELD_TEXT, .offset = AT(group), .min = 1, .max = NAME_BYTES_MAX},
    PROMPT_ROW,
    MAX_TOKENS_ROW,
    {.name = "temperature", .type = FIELD_DOUBLE, .offset = AT(temperature), .min = 0, .max = 2},
    {.name = "seed", .type = FIELD_INT64, .offset = AT(seed), .min = 0, .max = (double)INT64_MAX},
    {.name = "kind", .type = FIELD_CHOICE, .offset = AT(form), .choices = FORMS},
};
static const json_field WARMUP_FIELDS[] = {PROMPT_ROW, MAX_TOKENS_ROW};
#undef AT
#define AT(member) offsetof(protocol_fields, member)
static const json_field PROTOCOL_FIELDS[] = {
    {.name = "version", .type = FIELD_INT64, .offset = AT(version), .min = 1, .max = 1, .is_required = true},
    {.name = "name", .type = FIELD_TEXT, .offset = AT(name), .min = 1, .max = NAME_BYTES_MAX, .is_required = true},
    {.name = "description", .type = FIELD_TEXT, .offset = AT(description), .min = 1, .max = LIMIT_PROTOCOL_BYTES},
    {.name = "pause_s", .type = FIELD_DOUBLE, .offset = AT(pause_s), .min = 0, .max = PAUSE_SECONDS_MAX},
    {.name = "temperature", .type = FIELD_DOUBLE, .offset = AT(temperature), .min = 0, .max = 2},
    {.name = "seed", .type = FIELD_INT64, .offset = AT(seed), .min = 0, .max = (double)INT64_MAX},
    {.name = "warmup", .type = FIELD_CUSTOM, .take = take_later},
    {.name = "tests", .type = FIELD_CUSTOM, .take = take_later},
};
#undef AT
// clang-format on

#define TABLE(rows)                                                                                                    \
    {                                                                                                                  \
        .fields = (rows), .n = sizeof(rows) / sizeof *(rows), .refuse_unknown = true                                   \
    }
static const json_table TEST_TABLE = TABLE(TEST_FIELDS), WARMUP_TABLE = TABLE(WARMUP_FIELDS),
                        PROTOCOL_TABLE = TABLE(PROTOCOL_FIELDS);
#undef TABLE

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static bool read_warmup(json_reader *r, const json_t *value, bench_protocol *p)
{
    const json_place at = {NULL, "warmup", 0};
    p->warmup.name = p->warmup.group = "warm-up";
    p->has_warmup = true;
    return json_read_object(r, &at, value, &WARMUP_TABLE, &p->warmup);
}

static bool read_test(json_reader *r, const json_place *at, const json_t *value, test_plan *plan)
{
    if (!json_read_object(r, at, value, &TEST_TABLE, plan))
        return false;
    if (plan->group == NULL)
        plan->group = plan->name;
    return true;
}

static bool refuse_twin_names(json_reader *r, const bench_protocol *p)
{
    const json_place tests = {NULL, "tests", 0};
    for (size_t i = 0; i < p->n_tests; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(p->tests[i].plan.name, p->tests[k].plan.name) == 0)
                return json_fail(r, &tests, JSON_FAULT_RANGE, "tests[%zu].name and tests[%zu].name are the same", k, i);
        }
    }
    return true;
}

static bool read_tests(json_reader *r, const json_t *list, bench_protocol *p, const test_plan *defaults)
{
    const json_place at = {NULL, "tests", 0};
    const size_t n = json_array_size(list);
    if (n == 0)
        return json_fail_type(r, &at, "a list of at least one test");
    if (n > LIMIT_PROTOCOL_TESTS)
        return json_fail(r, &at, JSON_FAULT_SIZE, "tests has %zu entries, at most %d are taken", n,
                         LIMIT_PROTOCOL_TESTS);
    p->tests = arena_alloc(p->keep, n * sizeof *p->tests);
    if (p->tests == NULL)
        return json_fail_memory(r);
    for (size_t i = 0; i < n; i++) {
        const json_place place = {&at, NULL, i};
        p->tests[i] = (protocol_test){.plan = *defaults};
        if (!read_test(r, &place, json_array_get(list, i), &p->tests[i].plan))
            return false;
    }
    p->n_tests = n;
    return refuse_twin_names(r, p);
}

static bool read_protocol(json_reader *r, const json_t *root, bench_protocol *p)
{
    protocol_fields f = {.description = ""};
    if (!json_read_object(r, NULL, root, &PROTOCOL_TABLE, &f))
        return false;
    p->name = f.name;
    p->description = f.description;
    p->settings = (protocol_settings){
        .n_repeats = 1,
        .pause_s = f.pause_s,
        .temperature = f.temperature,
        .seed = f.seed,
        .modes = 1u << MODE_STREAM,
        .concurrency = 1,
        .warmup_requests = 1,
        .slo_ttft_ms = NAN,
        .slo_tpot_ms = NAN,
        .slo_itl_p99_ms = NAN,
        .slo_e2e_ms = NAN,
    };
    const test_plan defaults = {.temperature = f.temperature, .seed = f.seed, .form = FORM_PROSE, .expected = ""};
    const json_t *const warmup = json_object_get(root, "warmup");
    p->warmup = defaults;
    return (warmup == NULL || read_warmup(r, warmup, p)) && read_tests(r, json_object_get(root, "tests"), p, &defaults);
}

static sw_code code_of(json_fault_kind kind)
{
    return kind == JSON_FAULT_SIZE ? SW_ELIMIT : kind == JSON_FAULT_MEMORY ? SW_ENOMEM : SW_EFORMAT;
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo): a short name for a text, not a defence against forgery. */
static void hash_text(const char *text, size_t n, char out[32])
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    snprintf(out, 32, "fnv1a64:%016" PRIx64, h);
}

/* A protocol with its text, hash and arena, and nothing read yet; NULL when memory is short. */
static bench_protocol *create(const char *json, size_t n)
{
    bench_protocol *const p = mem_calloc(1, sizeof *p);
    if (p == NULL || (p->keep = arena_create()) == NULL || (p->json = arena_copy(p->keep, json, n)) == NULL) {
        protocol_free(p);
        return NULL;
    }
    hash_text(json, n, p->hash);
    return p;
}

sw_code protocol_parse(bench_protocol **out, const char *json, size_t n, const char *source, const char *dir,
                       sw_err *err)
{
    (void)dir;
    *out = NULL;
    json_reader r = {.document = "a protocol"};
    json_t *const root =
        json_load_text(&r, json, n, &(json_load_options){LIMIT_PROTOCOL_BYTES, .refuse_repeated = true});
    bench_protocol *const p = root != NULL ? create(json, n) : NULL;
    if (p != NULL) {
        r.keep = p->keep;
        if (read_protocol(&r, root, p))
            *out = p;
    } else if (root != NULL) {
        json_fail_memory(&r);
    }
    json_decref(root);
    if (*out != NULL)
        return SW_OK;
    protocol_free(p);
    return sw_fail(err, code_of(r.fault.kind), "%s: %s", source, r.fault.message);
}

sw_code protocol_load(bench_protocol **out, const char *path, sw_err *err)
{
    *out = NULL;
    if (path == NULL)
        return protocol_parse(out, (const char *)embedded_protocols_local_streaming_json,
                              embedded_protocols_local_streaming_json_size, "the built-in protocol", NULL, err);
    char *text;
    size_t n;
    sw_code code = file_slurp(path, LIMIT_PROTOCOL_BYTES, &text, &n, err);
    if (code != SW_OK)
        return code;
    code = protocol_parse(out, text, n, path, NULL, err);
    mem_free(text);
    return code;
}

void protocol_free(bench_protocol *protocol)
{
    if (protocol == NULL)
        return;
    arena_free(protocol->keep);
    mem_free(protocol);
}
