/* gguf.c - one container over all files of a model: opening them, and looking up keys and tensors. */
#include "gguf/gguf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "gguf/gguf_header.h"

struct gguf_file {
    gguf_part *parts; // (n_parts), owned; part 0 has the metadata
    size_t n_parts;
    const gguf_tensor **tensors; // (n_tensors), of all parts
    size_t n_tensors;
    strmap names; // -> index into tensors
};

/* ---- split models ---- */

enum { SPLIT_SUFFIX = sizeof "-00001-of-00002.gguf" - 1 };

/* The number of files of a model by the name of one of them; 0 if `path` is not named like a part. */
static unsigned split_count(const char *path)
{
    const size_t n = strlen(path);
    unsigned no, count;
    int end = 0;
    const bool is_part = n > SPLIT_SUFFIX &&
                         sscanf(path + n - SPLIT_SUFFIX, "-%5u-of-%5u.gguf%n", &no, &count, &end) == 2 &&
                         end == SPLIT_SUFFIX && no >= 1 && no <= count && count <= LIMIT_GGUF_SPLIT_FILES;
    return is_part ? count : 0;
}

/* Checks that the metadata of a file agrees with its name: part i of n. */
static sw_code check_split(const gguf_part *part, uint32_t i, uint32_t n, sw_err *err)
{
    const char *const path = infile_path(part->file);
    uint32_t no, count;
    sw_code code = gguf_lookup_u32(gguf_part_find(part, "split.no"), 0, &no, err);
    if (code == SW_OK)
        code = gguf_lookup_u32(gguf_part_find(part, "split.count"), 1, &count, err);
    if (code != SW_OK)
        return code;
    if (count != n && !(n == 1 && count == 0))
        return sw_fail(err, SW_EFORMAT,
                       "%s says that the model is split over %" PRIu32 " files, its name says %" PRIu32
                       "; keep the names that the files were published under",
                       path, count, n);
    if (no != i)
        return sw_fail(err, SW_EFORMAT, "%s is part %" PRIu32 " by its content but %" PRIu32 " by its name", path,
                       no + 1, i + 1);
    return SW_OK;
}

/* Makes the tensors of all parts findable by name. */
static sw_code index_tensors(gguf_file *g, sw_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n_parts; i++)
        n += g->parts[i].n_tensors;
    g->tensors = mem_alloc((n + 1) * sizeof *g->tensors);
    if (g->tensors == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory reading %s", gguf_path(g));
    for (size_t i = 0; i < g->n_parts; i++) {
        for (size_t j = 0; j < g->parts[i].n_tensors; j++) {
            const gguf_tensor *const t = &g->parts[i].tensors[j];
            g->tensors[g->n_tensors] = t;
            const strmap_result r = strmap_add(&g->names, t->name.data, t->name.size, (uint32_t)g->n_tensors++);
            if (r == STRMAP_EXISTS)
                return sw_fail(err, SW_EFORMAT, "%s: tensor '%.*s' appears twice", infile_path(g->parts[i].file),
                               (int)t->name.size, t->name.data);
            if (r == STRMAP_NOMEM)
                return sw_fail(err, SW_ENOMEM, "out of memory reading %s", gguf_path(g));
        }
    }
    uint32_t expected;
    const sw_code code = gguf_u32(g, "split.tensors.count", (uint32_t)n, &expected, err);
    if (code == SW_OK && expected != n)
        return sw_fail(err, SW_EFORMAT, "%s: the files have %zu tensors together but %" PRIu32 " are expected",
                       gguf_path(g), n, expected);
    return code;
}

/* Opens every file of the model.  The names of the parts differ only in their number, so one buffer serves for all. */
static sw_code open_parts(gguf_file *g, const char *path, sw_err *err)
{
    const unsigned n_split = split_count(path), count = n_split > 0 ? n_split : 1;
    g->parts = mem_calloc(count, sizeof *g->parts);
    char *const name = mem_strdup(path);
    sw_code code = SW_OK;
    if (g->parts == NULL || name == NULL)
        code = sw_fail(err, SW_ENOMEM, "out of memory opening %s", path);
    for (unsigned i = 0; i < count && code == SW_OK; i++) {
        if (n_split > 0)
            snprintf(name + strlen(name) - SPLIT_SUFFIX, SPLIT_SUFFIX + 1, "-%05u-of-%05u.gguf", (i + 1) % 100000,
                     count % 100000);
        code = gguf_part_open(&g->parts[i], name, (int)i, err);
        if (code == SW_OK) {
            g->n_parts++;
            code = check_split(&g->parts[i], i, count, err);
        }
    }
    mem_free(name);
    return code;
}

/* ---- opening ---- */

sw_code gguf_open(gguf_file **out, const char *path, sw_err *err)
{
    *out = NULL;
    gguf_file *const g = mem_calloc(1, sizeof *g);
    if (g == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory opening %s", path);
    strmap_init(&g->names);
    sw_code code = open_parts(g, path, err);
    if (code == SW_OK)
        code = index_tensors(g, err);
    if (code != SW_OK) {
        gguf_close(g);
        return code;
    }
    *out = g;
    return SW_OK;
}

void gguf_close(gguf_file *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->n_parts; i++)
        gguf_part_close(&g->parts[i]);
    mem_free(g->parts);
    mem_free(g->tensors);
    strmap_free(&g->names);
    mem_free(g);
}

const char *gguf_path(const gguf_file *g)
{
    return infile_path(g->parts[0].file);
}

bool gguf_is_at(const gguf_file *g, const char *path)
{
    for (size_t i = 0; i < g->n_parts; i++) {
        if (infile_is_at(g->parts[i].file, path))
            return true;
    }
    return false;
}

uint64_t gguf_file_bytes(const gguf_file *g)
{
    uint64_t n = 0;
    for (size_t i = 0; i < g->n_parts; i++)
        n += infile_size(g->parts[i].file);
    return n;
}

int64_t gguf_mtime(const gguf_file *g)
{
    return infile_mtime(g->parts[0].file);
}

/* ---- metadata: in the first file of a split model ---- */

static gguf_lookup find(const gguf_file *g, const char *key)
{
    return gguf_part_find(&g->parts[0], key);
}

size_t gguf_n_keys(const gguf_file *g)
{
    return g->parts[0].n_kvs;
}

bool gguf_has(const gguf_file *g, const char *key)
{
    return find(g, key).kv != NULL;
}

const gguf_kv *gguf_key_at(const gguf_file *g, size_t i)
{
    return &g->parts[0].kvs[i];
}

sw_code gguf_u32(const gguf_file *g, const char *key, uint32_t fallback, uint32_t *out, sw_err *err)
{
    return gguf_lookup_u32(find(g, key), fallback, out, err);
}

sw_code gguf_i64(const gguf_file *g, const char *key, int64_t fallback, int64_t *out, sw_err *err)
{
    return gguf_lookup_i64(find(g, key), fallback, out, err);
}

sw_code gguf_f32(const gguf_file *g, const char *key, float fallback, float *out, sw_err *err)
{
    return gguf_lookup_f32(find(g, key), fallback, out, err);
}

sw_code gguf_bool(const gguf_file *g, const char *key, bool fallback, bool *out, sw_err *err)
{
    return gguf_lookup_bool(find(g, key), fallback, out, err);
}

sw_code gguf_str(const gguf_file *g, const char *key, str_view *out, sw_err *err)
{
    return gguf_lookup_str(find(g, key), out, err);
}

sw_code gguf_get_array(const gguf_file *g, const char *key, gguf_array *out, sw_err *err)
{
    return gguf_lookup_array(find(g, key), out, err);
}

/* ---- tensors ---- */

size_t gguf_n_tensors(const gguf_file *g)
{
    return g->n_tensors;
}

const gguf_tensor *gguf_tensor_at(const gguf_file *g, size_t i)
{
    return g->tensors[i];
}

const gguf_tensor *gguf_find_tensor(const gguf_file *g, const char *name)
{
    const int64_t i = strmap_find(&g->names, name, strlen(name));
    return i < 0 ? NULL : g->tensors[i];
}

sw_code gguf_read(const gguf_file *g, const gguf_tensor *t, uint64_t offset, void *dst, size_t n, sw_err *err)
{
    if (offset > t->bytes || n > t->bytes - offset)
        return sw_fail(err, SW_EINVAL, "read outside tensor '%.*s'", (int)t->name.size, t->name.data);
    return infile_read(g->parts[t->file].file, t->offset + offset, dst, n, err);
}
