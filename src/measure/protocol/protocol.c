/* protocol.c - reads a protocol, resolves its prompts, and tells protocols apart by a hash of their text.
 *
 * The text that is kept is whole: prompts from files and fillers are written into it, so that a stored run can be
 * repeated without them.
 */
#include "protocol/protocol.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "protocol/filler.h"
#include "protocol/protocol_tables.h"
#include "protocol/protocol_text.h"

extern const unsigned char embedded_protocols_local_streaming_json[];
extern const size_t embedded_protocols_local_streaming_json_size;

/* What reading needs besides the reader. */
typedef struct protocol_source {
    const char *dir;  // of prompt files; NULL: refused
    bool has_changed; // the document no longer is the text: prompts were written into it
} protocol_source;

/* ---- prompts ----------------------------------------------------------------------------------------------------- */

/* A name below the protocol's folder: a protocol from elsewhere must not read other files. */
static bool is_inside(const char *name)
{
    return name[0] != '/' && strstr(name, "..") == NULL && strchr(name, '\\') == NULL;
}

/* Appends the file to `out`; the fault names the member. */
static bool put_file(json_reader *r, const json_place *at, const char *dir, const char *name, buf *out)
{
    if (dir == NULL)
        return json_fail(r, at, JSON_FAULT_UNSUPPORTED, "prompt_file is only for protocols that are read from a file");
    if (!is_inside(name))
        return json_fail(r, at, JSON_FAULT_RANGE,
                         "prompt_file must be a name below the protocol's folder, without \"..\"; it is \"%.80s\"",
                         name);
    buf path;
    buf_init(&path, 65536);
    buf_printf(&path, "%s/%s", dir, name);
    char *text = NULL;
    size_t n = 0;
    sw_err err = {0};
    const sw_code code = path.failed == SW_OK ? file_slurp(buf_str(&path), LIMIT_PROTOCOL_BYTES, &text, &n, &err)
                                              : sw_fail(&err, path.failed, "the path is too long");
    buf_free(&path);
    if (code == SW_OK)
        buf_append(out, text, n);
    const bool is_text = code == SW_OK && n > 0 && memchr(text, '\0', n) == NULL && utf8_valid(text, n);
    mem_free(text);
    if (code != SW_OK)
        return json_fail(r, at, JSON_FAULT_RANGE, "prompt_file: %.250s", err.msg);
    return is_text || json_fail(r, at, JSON_FAULT_RANGE, "prompt_file: %.80s is empty or not UTF-8 text", name);
}

/* Writes the resolved prompt into the document, so that its text is whole. */
static bool set_prompt(json_reader *r, json_t *object, const char *prompt)
{
    json_object_del(object, "prompt_file");
    json_object_del(object, "filler_tokens");
    json_object_del(object, "filler_seed");
    return json_object_set_new(object, "prompt", json_string(prompt)) == 0 || json_fail_memory(r);
}

/* Filler, file and prompt, with empty lines between, in this order. */
static bool put_prompt(json_reader *r, const json_place *at, const protocol_source *source, const test_fields *t,
                       buf *out)
{
    const json_place file = {at, "prompt_file", 0};
    if (t->filler_tokens > 0) {
        filler_put(out, t->filler_tokens, (uint64_t)t->filler_seed);
        buf_puts(out, t->prompt != NULL || t->prompt_file != NULL ? "\n\n" : "");
    }
    if (t->prompt_file != NULL && !put_file(r, &file, source->dir, t->prompt_file, out))
        return false;
    if (t->prompt != NULL)
        buf_printf(out, "%s%s", t->prompt_file != NULL ? "\n\n" : "", t->prompt);
    return out->failed == SW_OK ||
           json_fail(r, at, JSON_FAULT_SIZE, "the prompt is longer than %d bytes", LIMIT_PROTOCOL_BYTES);
}

/* Sets plan.prompt from what the test gives. */
static bool resolve_prompt(json_reader *r, const json_place *at, json_t *object, protocol_source *source,
                           test_fields *t)
{
    const json_place prompt = {at, "prompt", 0}, seed = {at, "filler_seed", 0};
    if (t->filler_tokens == 0 && json_object_get(object, "filler_seed") != NULL)
        return json_fail(r, &seed, JSON_FAULT_RANGE, "filler_seed has no effect without filler_tokens");
    t->test.plan.prompt = t->prompt;
    if (t->prompt_file == NULL && t->filler_tokens == 0)
        return t->prompt != NULL || json_fail_missing(r, &prompt);
    buf text;
    buf_init(&text, LIMIT_PROTOCOL_BYTES);
    bool ok = put_prompt(r, at, source, t, &text);
    if (ok) {
        t->test.plan.prompt = arena_copy(r->keep, buf_str(&text), text.size);
        ok = t->test.plan.prompt != NULL ? set_prompt(r, object, buf_str(&text)) : json_fail_memory(r);
        source->has_changed = true;
    }
    buf_free(&text);
    return ok;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static bool refuse_twin_names(json_reader *r, const bench_protocol *p)
{
    const json_place tests = {NULL, "tests", 0};
    for (size_t i = 0; i < p->n_tests; i++) {
        for (size_t k = 0; k < i; k++) {
            const json_place twin = {&tests, NULL, i};
            if (strcmp(p->tests[i].plan.name, p->tests[k].plan.name) == 0)
                return json_fail(r, &twin, JSON_FAULT_RANGE, "tests[%zu].name and tests[%zu].name are the same", k, i);
        }
    }
    return true;
}

/* What a test does not say is as the protocol says. */
static test_plan default_plan(const protocol_settings *settings)
{
    return (test_plan){
        .temperature = settings->temperature, .seed = settings->seed, .form = FORM_PROSE, .expected = ""};
}

static bool read_tests(json_reader *r, const json_t *list, protocol_source *source, bench_protocol *p)
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
        json_t *const value = json_array_get(list, i);
        test_fields fields = {.test = {.plan = default_plan(&p->settings)}};
        if (!protocol_read_test(r, &place, value, &fields) || !resolve_prompt(r, &place, value, source, &fields))
            return false;
        p->tests[i] = fields.test;
        if (p->tests[i].plan.group == NULL)
            p->tests[i].plan.group = p->tests[i].plan.name;
    }
    p->n_tests = n;
    return refuse_twin_names(r, p);
}

/* The prompt of the warm-up may be a filler too. */
static bool take_warmup(json_reader *r, json_t *value, protocol_source *source, protocol_fields *f, bench_protocol *p)
{
    const json_place at = {NULL, "warmup", 0};
    if (!f->has_warmup)
        return true;
    if (!resolve_prompt(r, &at, value, source, &f->warmup))
        return false;
    const test_plan defaults = default_plan(&f->settings);
    p->has_warmup = true;
    p->warmup = f->warmup.test.plan;
    p->warmup.name = p->warmup.group = "warm-up";
    p->warmup.temperature = defaults.temperature;
    p->warmup.seed = defaults.seed;
    p->warmup.expected = "";
    return true;
}

static bool read_protocol(json_reader *r, json_t *root, protocol_source *source, bench_protocol *p)
{
    protocol_fields f = {.description = "", .settings = protocol_default_settings()};
    if (!protocol_read_fields(r, root, &f))
        return false;
    p->name = f.name;
    p->description = f.description;
    p->settings = f.settings;
    return take_warmup(r, json_object_get(root, "warmup"), source, &f, p) &&
           read_tests(r, json_object_get(root, "tests"), source, p);
}

/* Keeps the text of the document and its hash. */
static bool keep_text(json_reader *r, bench_protocol *p, const json_t *root, const char *json, size_t n,
                      bool has_changed)
{
    char *const whole = has_changed ? json_dumps(root, JSON_INDENT(2)) : NULL;
    const char *const text = has_changed ? whole : json;
    const size_t n_text = has_changed && whole != NULL ? strlen(whole) : n;
    p->json = text != NULL ? arena_copy(p->keep, text, n_text) : NULL;
    if (p->json != NULL)
        protocol_hash(text, n_text, p->hash);
    free(whole); // jansson allocates it
    return p->json != NULL || json_fail_memory(r);
}

/* A protocol with its arena, and nothing read yet; NULL when memory is short. */
static bench_protocol *create(void)
{
    bench_protocol *const p = mem_calloc(1, sizeof *p);
    if (p == NULL || (p->keep = arena_create()) == NULL) {
        protocol_free(p);
        return NULL;
    }
    return p;
}

sw_code protocol_parse(bench_protocol **out, const char *json, size_t n, const char *source, const char *dir,
                       sw_err *err)
{
    *out = NULL;
    json_reader r = {.document = "a protocol"};
    protocol_source from = {.dir = dir};
    json_t *const root =
        json_load_text(&r, json, n, &(json_load_options){LIMIT_PROTOCOL_BYTES, .refuse_repeated = true});
    bench_protocol *const p = root != NULL ? create() : NULL;
    if (p != NULL) {
        r.keep = p->keep;
        if (read_protocol(&r, root, &from, p) && keep_text(&r, p, root, json, n, from.has_changed))
            *out = p;
    } else if (root != NULL) {
        json_fail_memory(&r);
    }
    json_decref(root);
    if (*out != NULL)
        return SW_OK;
    protocol_free(p);
    return protocol_fault(&r, json, n, source, err);
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
    buf dir;
    buf_init(&dir, 65536);
    buf_put_folder(&dir, path);
    code = protocol_parse(out, text, n, path, buf_str(&dir), err);
    buf_free(&dir);
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
