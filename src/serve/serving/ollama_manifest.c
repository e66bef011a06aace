/* ollama_manifest.c - the layers of a manifest, and the form of a name. */
#include "serving/ollama_manifest.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "json/json_fields.h"

#define LAYER_TYPE "application/vnd.ollama.image."

typedef struct layer {
    const char *type, *digest;
} layer;

typedef struct manifest {
    char digest[OLLAMA_DIGEST_BYTES]; // empty: no weights yet
} manifest;

/* "sha256:" and 64 lower-case hexadecimal digits. */
static bool is_digest(const char *text)
{
    static const char SHA256[] = "sha256:";
    const size_t n = strlen(SHA256);
    return strncmp(text, SHA256, n) == 0 && strlen(text + n) == OLLAMA_DIGEST_BYTES - 1 &&
           strspn(text + n, "0123456789abcdef") == OLLAMA_DIGEST_BYTES - 1;
}

/* Takes the digest of the layer with the weights; others are templates, parameters and licences. */
static bool take_layer(json_reader *r, const json_place *at, const json_t *value, manifest *m)
{
    static const json_field FIELDS[] = {
        {.name = "mediaType", .type = FIELD_TEXT, .offset = offsetof(layer, type), .is_required = true},
        {.name = "digest", .type = FIELD_TEXT, .offset = offsetof(layer, digest), .is_required = true},
    };
    static const json_table TABLE = {.fields = FIELDS, .n = sizeof FIELDS / sizeof FIELDS[0]};
    layer l = {0};
    if (!json_read_object(r, at, value, &TABLE, &l))
        return false;
    if (strcmp(l.type, LAYER_TYPE "adapter") == 0)
        return json_fail(r, at, JSON_FAULT_UNSUPPORTED, "it has an adapter, which is not supported");
    if (strcmp(l.type, LAYER_TYPE "model") != 0)
        return true;
    if (!is_digest(l.digest))
        return json_fail(r, at, JSON_FAULT_RANGE, "the digest of its weights is not 'sha256:' and 64 digits");
    if (m->digest[0] != '\0')
        return json_fail(r, at, JSON_FAULT_UNSUPPORTED, "its weights are in several files, which is not supported");
    snprintf(m->digest, sizeof m->digest, "%s", strchr(l.digest, ':') + 1);
    return true;
}

static bool take_layers(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    (void)f;
    if (!json_is_array(value))
        return json_fail_type(r, at, "a list");
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place place = {at, NULL, i};
        if (!take_layer(r, &place, json_array_get(value, i), target))
            return false;
    }
    return true;
}

static sw_code code_of(json_fault_kind kind)
{
    return kind == JSON_FAULT_MEMORY ? SW_ENOMEM : kind == JSON_FAULT_SIZE ? SW_ELIMIT : SW_EFORMAT;
}

sw_code ollama_manifest_read(const char *text, size_t n, char digest[OLLAMA_DIGEST_BYTES], sw_err *err)
{
    static const json_field FIELDS[] = {
        {.name = "layers", .type = FIELD_CUSTOM, .take = take_layers, .is_required = true}};
    static const json_table TABLE = {.fields = FIELDS, .n = 1};
    json_reader r = {.document = "a manifest"};
    manifest m = {""};
    json_t *const root =
        json_load_text(&r, text, n, &(json_load_options){LIMIT_MANIFEST_BYTES, .refuse_repeated = true});
    if (root != NULL && json_read_object(&r, NULL, root, &TABLE, &m) && m.digest[0] == '\0')
        json_fail(&r, NULL, JSON_FAULT_MISSING, "it names no weights");
    json_decref(root);
    memcpy(digest, m.digest, sizeof m.digest);
    return r.fault.kind == JSON_FAULT_NONE ? SW_OK : sw_fail(err, code_of(r.fault.kind), "%s", r.fault.message);
}

/* Skips `prefix` at the start of `text`, if it is there. */
static const char *skip(const char *text, const char *prefix)
{
    const size_t n = strlen(prefix);
    return strncmp(text, prefix, n) == 0 ? text + n : text;
}

sw_code ollama_manifest_name(const char *place, char name[OLLAMA_NAME_BYTES], sw_err *err)
{
    const char *const in_registry = skip(place, "registry.ollama.ai/");
    const char *const shown = in_registry != place ? skip(in_registry, "library/") : place;
    if ((size_t)snprintf(name, OLLAMA_NAME_BYTES, "%s", shown) >= OLLAMA_NAME_BYTES)
        return sw_fail(err, SW_ELIMIT, "its name has more than %d bytes", OLLAMA_NAME_BYTES - 1);
    char *const slash = strrchr(name, '/');
    if (slash != NULL)
        *slash = ':';
    return SW_OK;
}
