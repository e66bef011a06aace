#include "suite/protocol.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/limits.h"

extern const unsigned char embedded_protocols_local_streaming_json[];
extern const size_t embedded_protocols_local_streaming_json_size;

enum { PAUSE_SECONDS_MAX = 3600, NAME_BYTES_MAX = 200 };

/* One object of the file being read; the first error stays in *err. */
typedef struct object {
    const json_t *json;
    const char *source;
    char path[64]; // "tests[3]." or ""
    arena *keep;
    sw_err *err;
    sw_code code;
} object;

static void reject(object *o, const char *key, const char *wanted)
{
    if (o->code == SW_OK)
        o->code = sw_fail(o->err, SW_EFORMAT, "%s: %s%s must be %s", o->source, o->path, key, wanted);
}

static void reject_unknown(object *o, const char *const *known)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)o->json, key, value)
    {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], key) != 0)
            i++;
        if (known[i] == NULL && o->code == SW_OK)
            o->code =
                sw_fail(o->err, SW_EFORMAT, "%s: %s%.64s is no field that a protocol has", o->source, o->path, key);
    }
}

/* A non-empty string of at most max bytes, without NUL; fallback NULL: required. */
static const char *get_text(object *o, const char *key, size_t max, const char *fallback)
{
    const json_t *const v = json_object_get(o->json, key);
    if (v == NULL && fallback != NULL)
        return fallback;
    const size_t n = json_string_length(v);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "a text of 1 to %zu bytes", max);
    if (n == 0 || n > max) {
        reject(o, key, wanted);
        return "";
    }
    const char *const copy = arena_copy(o->keep, json_string_value(v), n);
    if (copy == NULL && o->code == SW_OK)
        o->code = sw_fail(o->err, SW_ENOMEM, "out of memory reading %s", o->source);
    return copy != NULL ? copy : "";
}

static int64_t get_int(object *o, const char *key, int64_t min, int64_t max, const int64_t *fallback)
{
    const json_t *const v = json_object_get(o->json, key);
    if (v == NULL && fallback != NULL)
        return *fallback;
    const int64_t value = json_integer_value(v);
    char wanted[96];
    snprintf(wanted, sizeof wanted, "a whole number from %" PRId64 " to %" PRId64, min, max);
    if (!json_is_integer(v) || value < min || value > max)
        reject(o, key, wanted);
    return value;
}

static double get_number(object *o, const char *key, double min, double max, double fallback)
{
    const json_t *const v = json_object_get(o->json, key);
    if (v == NULL)
        return fallback;
    const double value = json_number_value(v);
    char wanted[96];
    snprintf(wanted, sizeof wanted, "a number from %g to %g", min, max);
    if (!json_is_number(v) || !(value >= min && value <= max))
        reject(o, key, wanted);
    return value;
}

static int64_t get_max_tokens(object *o)
{
    return get_int(o, "max_tokens", 1, LIMIT_CTX_TOKENS, NULL);
}

/* `defaults` carries the protocol's own temperature and seed. */
static void read_test(object *o, test_plan *plan, const test_plan *defaults)
{
    static const char *const KNOWN[] = {"name", "group", "kind", "prompt", "max_tokens", "temperature", "seed", NULL};
    *plan = *defaults;
    if (!json_is_object(o->json)) {
        reject(o, "", "an object");
        return;
    }
    reject_unknown(o, KNOWN);
    plan->name = get_text(o, "name", NAME_BYTES_MAX, NULL);
    plan->group = get_text(o, "group", NAME_BYTES_MAX, plan->name);
    plan->prompt = get_text(o, "prompt", LIMIT_PROTOCOL_BYTES, NULL);
    plan->max_tokens = (int)get_max_tokens(o);
    plan->temperature = get_number(o, "temperature", 0, 2, defaults->temperature);
    plan->seed = get_int(o, "seed", 0, INT64_MAX, &defaults->seed);
    const int form = text_form_from_name(get_text(o, "kind", NAME_BYTES_MAX, "prose"));
    if (form < 0)
        reject(o, "kind", "one of prose, code, list");
    else
        plan->form = (text_form)form;
}

static void read_warmup(object *o, bench_protocol *p, const test_plan *defaults)
{
    static const char *const KNOWN[] = {"prompt", "max_tokens", NULL};
    if (!json_is_object(o->json)) {
        reject(o, "", "an object");
        return;
    }
    reject_unknown(o, KNOWN);
    p->warmup = *defaults;
    p->warmup.name = p->warmup.group = "warm-up";
    p->warmup.prompt = get_text(o, "prompt", LIMIT_PROTOCOL_BYTES, NULL);
    p->warmup.max_tokens = (int)get_max_tokens(o);
    p->has_warmup = true;
}

static void reject_twin_names(object *o, const bench_protocol *p)
{
    for (size_t i = 0; i < p->n_tests && o->code == SW_OK; i++) {
        for (size_t k = 0; k < i && o->code == SW_OK; k++) {
            if (strcmp(p->tests[i].name, p->tests[k].name) == 0)
                o->code = sw_fail(o->err, SW_EFORMAT, "%s: tests[%zu].name and tests[%zu].name are the same", o->source,
                                  k, i);
        }
    }
}

static void read_tests(object *o, bench_protocol *p, const test_plan *defaults)
{
    const json_t *const list = json_object_get(o->json, "tests");
    const size_t n = json_array_size(list);
    if (n == 0) {
        reject(o, "tests", "a list of at least one test");
        return;
    }
    if (n > LIMIT_PROTOCOL_TESTS) {
        o->code = sw_fail(o->err, SW_ELIMIT, "%s: tests has %zu entries, at most %d are taken", o->source, n,
                          LIMIT_PROTOCOL_TESTS);
        return;
    }
    p->tests = arena_alloc(p->keep, n * sizeof *p->tests);
    if (p->tests == NULL) {
        o->code = sw_fail(o->err, SW_ENOMEM, "out of memory reading %s", o->source);
        return;
    }
    for (size_t i = 0; i < n && o->code == SW_OK; i++) {
        object test = {.json = json_array_get(list, i), .source = o->source, .keep = o->keep, .err = o->err};
        snprintf(test.path, sizeof test.path, "tests[%zu].", i);
        read_test(&test, &p->tests[i], defaults);
        o->code = test.code;
    }
    p->n_tests = n;
    reject_twin_names(o, p);
}

static void read_protocol(object *o, bench_protocol *p)
{
    static const char *const KNOWN[] = {"name",    "version", "description", "temperature", "seed",
                                        "pause_s", "warmup",  "tests",       NULL};
    static const int64_t DEFAULT_SEED = 0;
    if (!json_is_object(o->json)) {
        o->code = sw_fail(o->err, SW_EFORMAT, "%s: a protocol must be a JSON object", o->source);
        return;
    }
    reject_unknown(o, KNOWN);
    get_int(o, "version", 1, 1, NULL);
    p->name = get_text(o, "name", NAME_BYTES_MAX, NULL);
    p->description = get_text(o, "description", LIMIT_PROTOCOL_BYTES, "");
    p->pause_s = get_number(o, "pause_s", 0, PAUSE_SECONDS_MAX, 0);
    const test_plan defaults = {
        .temperature = get_number(o, "temperature", 0, 2, 0),
        .seed = get_int(o, "seed", 0, INT64_MAX, &DEFAULT_SEED),
    };
    const json_t *const warmup = json_object_get(o->json, "warmup");
    if (warmup != NULL) {
        object w = {.json = warmup, .source = o->source, .path = "warmup.", .keep = o->keep, .err = o->err};
        w.code = o->code;
        read_warmup(&w, p, &defaults);
        o->code = w.code;
    }
    if (o->code == SW_OK)
        read_tests(o, p, &defaults);
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo): tells protocols apart; it does not have to resist anybody. */
static void hash_text(const char *text, size_t n, char out[32])
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    snprintf(out, 32, "fnv1a64:%016" PRIx64, h);
}

sw_code protocol_parse(bench_protocol **out, const char *json, size_t n, const char *source, sw_err *err)
{
    *out = NULL;
    if (n > LIMIT_PROTOCOL_BYTES)
        return sw_fail(err, SW_ELIMIT, "%s has %zu bytes; a protocol has at most %d", source, n, LIMIT_PROTOCOL_BYTES);
    json_error_t where;
    json_t *const root = json_loadb(json, n, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL)
        return sw_fail(err, SW_EFORMAT, "%s: line %d, column %d: %s", source, where.line, where.column, where.text);
    bench_protocol *p = mem_calloc(1, sizeof *p);
    sw_code code = SW_OK;
    if (p == NULL || (p->keep = arena_create()) == NULL || (p->json = arena_copy(p->keep, json, n)) == NULL) {
        code = sw_fail(err, SW_ENOMEM, "out of memory reading %s", source);
    } else {
        object o = {.json = root, .source = source, .keep = p->keep, .err = err};
        hash_text(json, n, p->hash);
        read_protocol(&o, p);
        code = o.code;
    }
    json_decref(root);
    if (code != SW_OK) {
        protocol_free(p);
        return code;
    }
    *out = p;
    return SW_OK;
}

sw_code protocol_load(bench_protocol **out, const char *path, sw_err *err)
{
    *out = NULL;
    if (path == NULL)
        return protocol_parse(out, (const char *)embedded_protocols_local_streaming_json,
                              embedded_protocols_local_streaming_json_size, "the built-in protocol", err);
    char *text;
    size_t n;
    sw_code code = file_slurp(path, LIMIT_PROTOCOL_BYTES, &text, &n, err);
    if (code != SW_OK)
        return code;
    code = protocol_parse(out, text, n, path, err);
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
