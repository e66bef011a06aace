/* share_read.c - the tables of a shared file's members. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/limits.h"
#include "share/share.h"
#include "json/json_fields.h"
#include "json/json_line.h"

enum { MODELS_MAX = 64, TEXT_BYTES_MAX = 1024, VALUES_MAX = 100000, N_MAX = 2147483647 };
#define NUMBER_MAX 1e17

#define TEXT(owner, member, name_)                                                                                     \
    {                                                                                                                  \
        .name = (name_), .type = FIELD_TEXT, .offset = offsetof(owner, member), .max = TEXT_BYTES_MAX,                 \
        .is_required = true                                                                                            \
    }
#define COUNT(owner, member, name_)                                                                                    \
    {                                                                                                                  \
        .name = (name_), .type = FIELD_INT, .offset = offsetof(owner, member), .max = N_MAX, .is_required = true       \
    }
#define BYTES(owner, member, name_)                                                                                    \
    {                                                                                                                  \
        .name = (name_), .type = FIELD_INT64, .offset = offsetof(owner, member), .max = NUMBER_MAX,                    \
        .is_required = true                                                                                            \
    }
#define TAKE(owner, member, name_, take_)                                                                              \
    {                                                                                                                  \
        .name = (name_), .type = FIELD_CUSTOM, .offset = offsetof(owner, member), .is_required = true, .take = (take_) \
    }
#define TABLE(fields)                                                                                                  \
    {                                                                                                                  \
        (fields), sizeof(fields) / sizeof *(fields), .refuse_unknown = true                                            \
    }

/* What is read of one mode. */
typedef struct mode_fields {
    share_file *file;
    int model, mode;
    const char *software;
} mode_fields;

/* ---- lists ------------------------------------------------------------------------------------------------------- */

/* Returns true if it is an array of min to max elements. */
static bool is_list(json_reader *r, const json_place *at, const json_t *value, size_t min, size_t max)
{
    if (!json_is_array(value))
        return json_fail_type(r, at, "an array");
    const size_t n = json_array_size(value);
    if (n < min || n > max)
        return json_fail(r, at, JSON_FAULT_SIZE, "there must be %zu to %zu elements, not %zu", min, max, n);
    return true;
}

static int by_number(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Each repetition is there once, in any order. */
static bool check_repeats(json_reader *r, const json_place *at, const share_test *t)
{
    int *const sorted = arena_alloc(r->keep, (t->n + 1) * sizeof *sorted);
    if (sorted == NULL)
        return json_fail_memory(r);
    memcpy(sorted, t->repeats, t->n * sizeof *sorted);
    qsort(sorted, t->n, sizeof *sorted, by_number);
    for (size_t i = 1; i < t->n; i++) {
        if (sorted[i] == sorted[i - 1])
            return json_fail(r, at, JSON_FAULT_RANGE, "repetition %d comes twice", sorted[i]);
    }
    return true;
}

static bool take_repeats(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_field REPEAT = {.type = FIELD_INT, .max = N_MAX};
    share_test *const t = target;
    if (!is_list(r, at, value, 0, VALUES_MAX))
        return false;
    t->n = json_array_size(value);
    int *const repeats = arena_alloc(r->keep, (t->n + 1) * sizeof *repeats);
    if (repeats == NULL)
        return json_fail_memory(r);
    t->repeats = repeats;
    for (size_t i = 0; i < t->n; i++) {
        const json_place here = {at, NULL, i};
        if (!json_read_value(r, &REPEAT, &here, json_array_get(value, i), &repeats[i]))
            return false;
    }
    return check_repeats(r, at, t);
}

/* The values of one metric, as many as there are repetitions; null is NAN. */
static bool read_values(json_reader *r, const json_place *at, const json_t *value, size_t n, const double **out)
{
    static const json_field VALUE = {.type = FIELD_DOUBLE, .max = NUMBER_MAX};
    if (!is_list(r, at, value, n, n))
        return false;
    double *const values = arena_alloc(r->keep, (n + 1) * sizeof *values);
    if (values == NULL)
        return json_fail_memory(r);
    for (size_t i = 0; i < n; i++) {
        const json_place here = {at, NULL, i};
        const json_t *const element = json_array_get(value, i);
        values[i] = NAN;
        if (!json_is_null(element) && !json_read_value(r, &VALUE, &here, element, &values[i]))
            return false;
    }
    *out = values;
    return true;
}

static bool take_samples(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    share_test *const t = target;
    const char *name;
    json_t *values;
    if (!json_is_object(value))
        return json_fail_type(r, at, "an object");
    json_object_foreach((json_t *)value, name, values)
    {
        const json_place here = {at, name, 0};
        const int metric = share_metric_from_name(name);
        if (metric < 0)
            return json_fail(r, &here, JSON_FAULT_UNKNOWN, "there is no figure '%.40s'", name);
        if (!read_values(r, &here, values, t->n, &t->values[metric]))
            return false;
    }
    return true;
}

/* ---- tests and modes --------------------------------------------------------------------------------------------- */

static bool append_test(json_reader *r, const json_place *at, share_file *file, const share_test *t)
{
    if (t->n > (size_t)t->n_asked)
        return json_fail(r, at, JSON_FAULT_RANGE, "asked is %d, and %zu repetitions completed", t->n_asked, t->n);
    if (!mem_grow(&file->tests, &file->cap_tests, file->n_tests + 1, sizeof *file->tests))
        return json_fail_memory(r);
    file->tests[file->n_tests++] = *t;
    return true;
}

static bool read_test(json_reader *r, const json_place *at, const json_t *value, const mode_fields *m)
{
    static const json_field FIELDS[] = {
        {.name = "test",
         .type = FIELD_INT,
         .offset = offsetof(share_test, test),
         .max = LIMIT_PROTOCOL_TESTS - 1,
         .is_required = true},
        TEXT(share_test, variant, "variant"),
        COUNT(share_test, n_asked, "asked"),
        {.name = "repeats", .type = FIELD_CUSTOM, .is_required = true, .take = take_repeats},
        {.name = "samples", .type = FIELD_CUSTOM, .is_required = true, .take = take_samples}, // after the repetitions
    };
    static const json_table TESTS = TABLE(FIELDS);
    share_test test = {.model = m->model, .mode = (test_mode)m->mode, .variant = ""};
    return json_read_object(r, at, value, &TESTS, &test) && append_test(r, at, m->file, &test);
}

static bool take_tests(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    const mode_fields *const m = target;
    if (!is_list(r, at, value, 0, VALUES_MAX))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place here = {at, NULL, i};
        if (!read_test(r, &here, json_array_get(value, i), m))
            return false;
    }
    return true;
}

static bool take_mode(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    mode_fields *const m = target;
    m->mode = json_is_string(value) ? test_mode_from_name(json_string_value(value)) : -1;
    return m->mode >= 0 || json_fail(r, at, JSON_FAULT_RANGE, "mode must be stream, whole, reference, cold or sweep");
}

static bool read_modes(json_reader *r, const json_place *at, const json_t *value, share_file *file, int model)
{
    static const json_field FIELDS[] = {
        {.name = "mode", .type = FIELD_CUSTOM, .is_required = true, .take = take_mode},
        TEXT(mode_fields, software, "software"),
        {.name = "tests", .type = FIELD_CUSTOM, .is_required = true, .take = take_tests}, // after the mode
    };
    static const json_table MODES = TABLE(FIELDS);
    if (!is_list(r, at, value, 0, N_TEST_MODES))
        return false;
    unsigned seen = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place here = {at, NULL, i};
        mode_fields m = {.file = file, .model = model};
        if (!json_read_object(r, &here, json_array_get(value, i), &MODES, &m))
            return false;
        if ((seen & 1u << m.mode) != 0)
            return json_fail(r, &here, JSON_FAULT_RANGE, "the mode %s comes twice", test_mode_name((test_mode)m.mode));
        seen |= 1u << m.mode;
    }
    return true;
}

/* ---- models and hardware ----------------------------------------------------------------------------------------- */

/* A number that may be null. */
static bool take_bytes(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    static const json_field VALUE = {.type = FIELD_DOUBLE, .max = NUMBER_MAX};
    double *const out = (double *)((char *)target + f->offset);
    return json_is_null(value) || json_read_value(r, &VALUE, at, value, out);
}

typedef struct model_fields {
    share_model model;
    share_file *file;
    int position;
} model_fields;

static bool take_modes(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    const model_fields *const m = target;
    return read_modes(r, at, value, m->file, m->position);
}

static bool read_model(json_reader *r, const json_place *at, const json_t *value, share_file *file, int position)
{
    static const json_field FIELDS[] = {
        TEXT(model_fields, model.name, "name"),
        TEXT(model_fields, model.family, "family"),
        TEXT(model_fields, model.quantization, "quantization"),
        TEXT(model_fields, model.file_hash, "file_hash"),
        BYTES(model_fields, model.file_bytes, "file_bytes"),
        BYTES(model_fields, model.n_parameters, "parameters"),
        BYTES(model_fields, model.n_active_parameters, "active_parameters"),
        COUNT(model_fields, model.n_layers, "layers"),
        COUNT(model_fields, model.n_experts, "experts"),
        COUNT(model_fields, model.n_experts_used, "experts_used"),
        {.name = "context",
         .type = FIELD_INT,
         .offset = offsetof(model_fields, model.n_ctx_train),
         .max = 2147483647,
         .is_required = true},
        TAKE(model_fields, model.private_bytes, "private_bytes", take_bytes),
        TAKE(model_fields, model.vram_bytes, "vram_bytes", take_bytes),
        TAKE(model_fields, model, "modes", take_modes),
    };
    static const json_table MODEL = TABLE(FIELDS);
    model_fields m = {.model = {.private_bytes = NAN, .vram_bytes = NAN}, .file = file, .position = position};
    if (!json_read_object(r, at, value, &MODEL, &m))
        return false;
    file->models[position] = m.model;
    return true;
}

static bool take_models(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    share_file *const file = target;
    if (!is_list(r, at, value, 1, MODELS_MAX))
        return false;
    file->n_models = (int)json_array_size(value);
    file->models = arena_alloc(r->keep, (size_t)file->n_models * sizeof *file->models);
    if (file->models == NULL)
        return json_fail_memory(r);
    for (int i = 0; i < file->n_models; i++) {
        const json_place here = {at, NULL, (size_t)i};
        if (!read_model(r, &here, json_array_get(value, (size_t)i), file, i))
            return false;
    }
    return true;
}

static bool take_hardware(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    static const json_field FIELDS[] = {
        TEXT(share_hardware, cpu, "cpu"),
        TEXT(share_hardware, gpu, "gpu"),
        TEXT(share_hardware, os, "os"),
        COUNT(share_hardware, n_cores, "cores"),
        BYTES(share_hardware, memory_bytes, "memory_bytes"),
    };
    static const json_table HARDWARE = TABLE(FIELDS);
    return json_read_object(r, at, value, &HARDWARE, &((share_file *)target)->hardware);
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* Looked at first, so that a file of a newer spillway is named as such, whatever else is new in it. */
static bool check_version(json_reader *r, const json_t *root)
{
    const json_place at = {NULL, "spillway_share", 0};
    const json_t *const version = json_object_get(root, "spillway_share");
    if (!json_is_integer(version))
        return json_fail(r, NULL, JSON_FAULT_TYPE, "it has no whole number spillway_share: it is no file of --share");
    return json_integer_value(version) == SHARE_VERSION ||
           json_fail(r, &at, JSON_FAULT_UNSUPPORTED_VALUE,
                     "this spillway reads version %d of shared files; use the spillway that made it",
                     (int)SHARE_VERSION);
}

static bool read_file(json_reader *r, const json_t *root, share_file *file)
{
    static const json_field FIELDS[] = {
        {.name = "spillway_share",
         .type = FIELD_INT,
         .offset = offsetof(share_file, schema),
         .min = SHARE_VERSION,
         .max = SHARE_VERSION},
        TEXT(share_file, version, "version"),
        TEXT(share_file, began, "began"),
        TEXT(share_file, status, "status"),
        TEXT(share_file, fingerprint, "fingerprint"),
        TEXT(share_file, protocol_hash, "protocol_hash"),
        {.name = "hardware", .type = FIELD_CUSTOM, .is_required = true, .take = take_hardware},
        {.name = "models", .type = FIELD_CUSTOM, .is_required = true, .take = take_models},
    };
    static const json_table FILE_TABLE = TABLE(FIELDS);
    return json_read_object(r, NULL, root, &FILE_TABLE, file);
}

static share_file *create(void)
{
    share_file *const file = mem_calloc(1, sizeof *file);
    if (file == NULL || (file->keep = arena_create()) == NULL) {
        share_free(file);
        return NULL;
    }
    return file;
}

static sw_code code_of(json_fault_kind kind)
{
    switch (kind) {
    case JSON_FAULT_MEMORY: return SW_ENOMEM;
    case JSON_FAULT_SIZE: return SW_ELIMIT;
    case JSON_FAULT_UNSUPPORTED_VALUE: return SW_EUNSUPPORTED;
    default: return SW_EFORMAT;
    }
}

/* The line is told where the fault is in a member; faults of syntax have it in their message. */
static sw_code fail(const json_reader *r, const char *text, size_t n, const char *source, sw_err *err)
{
    if (r->fault.path[0] == '\0')
        return sw_fail(err, code_of(r->fault.kind), "%s: %s", source, r->fault.message);
    return sw_fail(err, code_of(r->fault.kind), "%s: line %d, %s: %s", source, json_line_of(text, n, r->fault.path),
                   r->fault.path, r->fault.message);
}

sw_code share_read(share_file **out, const char *text, size_t n, const char *source, sw_err *err)
{
    *out = NULL;
    json_reader r = {.document = "a shared file"};
    share_file *const file = create();
    json_t *const root =
        file != NULL ? json_load_text(&r, text, n, &(json_load_options){LIMIT_SHARE_BYTES, .refuse_repeated = true})
                     : NULL;
    if (file == NULL)
        json_fail_memory(&r);
    else
        r.keep = file->keep;
    const bool ok = root != NULL && check_version(&r, root) && read_file(&r, root, file);
    json_decref(root);
    if (ok) {
        *out = file;
        return SW_OK;
    }
    share_free(file);
    return fail(&r, text, n, source, err);
}

sw_code share_load(share_file **out, const char *path, sw_err *err)
{
    char *text;
    size_t n;
    *out = NULL;
    sw_code code = file_slurp(path, LIMIT_SHARE_BYTES, &text, &n, err);
    if (code != SW_OK)
        return code;
    code = share_read(out, text, n, path, err);
    mem_free(text);
    return code;
}

void share_free(share_file *file)
{
    if (file == NULL)
        return;
    mem_free(file->tests);
    arena_free(file->keep);
    mem_free(file);
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

static int by_test(const void *a, const void *b)
{
    const share_sample *const x = a, *const y = b;
    if (x->test->test != y->test->test)
        return x->test->test < y->test->test ? -1 : 1;
    const int order = strcmp(x->test->variant, y->test->variant);
    return order != 0 ? order : (x->repeat > y->repeat) - (x->repeat < y->repeat);
}

sw_code share_samples(const share_file *file, int model, test_mode mode, share_metric metric, share_sample **out,
                      size_t *n_out, sw_err *err)
{
    size_t cap = 0;
    *out = NULL;
    *n_out = 0;
    for (size_t i = 0; i < file->n_tests; i++) {
        const share_test *const t = &file->tests[i];
        const double *const values = t->values[metric];
        if (t->model != model || t->mode != mode || values == NULL)
            continue;
        for (size_t k = 0; k < t->n; k++) {
            if (isnan(values[k]))
                continue;
            if (!mem_grow(out, &cap, *n_out + 1, sizeof **out)) {
                mem_free(*out);
                *out = NULL;
                return sw_fail(err, SW_ENOMEM, "out of memory for the samples of a shared file");
            }
            (*out)[(*n_out)++] = (share_sample){t, t->repeats[k], values[k]};
        }
    }
    if (*n_out > 0)
        qsort(*out, *n_out, sizeof **out, by_test);
    return SW_OK;
}
