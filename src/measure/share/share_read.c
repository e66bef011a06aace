/* share_read.c - the file, its models and its hardware. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/limits.h"
#include "share/share_fields.h"
#include "json/json_line.h"

/* ---- models and hardware ----------------------------------------------------------------------------------------- */

/* A number that may be null. */
static bool take_bytes(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    static const json_field VALUE = {.type = FIELD_DOUBLE, .max = SHARE_NUMBER_MAX};
    void *const out = (char *)target + f->offset;
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
    model_fields *const m = target;
    return share_read_modes(r, at, value, m->file, m->position, &m->model);
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
    if (!share_is_list(r, at, value, 1, SHARE_MODELS_MAX))
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
        {.name = "emulated", .type = FIELD_BOOL, .offset = offsetof(share_hardware, is_emulated)},
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

bool share_is_file(const char *path)
{
    FILE *const f = fopen(path, "rb");
    if (f == NULL)
        return false;
    char first[64];
    const size_t n = fread(first, 1, sizeof first - 1, f);
    fclose(f);
    first[n] = '\0';
    return first[strspn(first, " \t\r\n")] == '{';
}

void share_free(share_file *file)
{
    if (file == NULL)
        return;
    mem_free(file->tests);
    arena_free(file->keep);
    mem_free(file);
}
