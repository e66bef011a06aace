/* gguf_header.c - one file's header: keys, values and tensors, checked as they are read.
 *
 * The layout (GGUF specification, versions 2 and 3, all numbers little-endian):
 *
 *     "GGUF", u32 version, u64 number of tensors, u64 number of keys
 *     per key:    string name, u32 type, value
 *     per tensor: string name, u32 number of dimensions, u64 dimensions, u32 type, u64 offset in the data
 *     padding to general.alignment, then the data
 *
 * A string is a u64 length and its bytes; an array is a u32 type, a u64 count and its elements.
 *
 * The length of a header is not known before it is parsed.  So a first part of the file is read and parsed; while the
 * cursor runs out of bytes that the file still has, the part doubles and parsing starts again.  Nothing is allocated
 * from a count that the size of the file does not confirm.
 */
#include "gguf/gguf_header.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cursor.h"
#include "base/limits.h"

enum {
    MIN_KV_BYTES = 13,     // an empty name's length, a type, one byte of value
    MIN_TENSOR_BYTES = 24, // an empty name's length, number of dimensions, type, offset
    FIRST_CHUNK = 4 << 20, // bytes; most headers fit
};

/* The state of one attempt to parse.  After an overrun (c.failed) results mean nothing and errors are not reported. */
typedef struct parse {
    gguf_part *part;
    cursor c; // over the bytes read so far
    const char *path;
    uint64_t n_kvs, n_tensors; // as the file claims
    uint64_t alignment;        // bytes; of offsets and of the start of the data
    sw_err *err;
} parse;

/* A name from the file for messages, shortened and with unprintable bytes replaced. */
typedef struct shown {
    char text[72];
} shown;

static shown show(str_view s)
{
    shown out;
    const size_t n = s.size < sizeof out.text - 4 ? s.size : sizeof out.text - 4;
    for (size_t i = 0; i < n; i++)
        out.text[i] = s.data[i] >= 0x20 && s.data[i] < 0x7f ? s.data[i] : '?';
    memcpy(out.text + n, n < s.size ? "..." : "", n < s.size ? 4 : 1);
    return out;
}

static str_view take_string(cursor *c)
{
    const uint64_t n = cursor_u64(c);
    const uint8_t *const p = cursor_take(c, n);
    return p != NULL ? (str_view){(const char *)p, (size_t)n} : (str_view){"", 0};
}

/* ---- counts ---- */

static sw_code parse_magic(parse *p)
{
    const uint8_t *const magic = cursor_take(&p->c, 4);
    if (magic == NULL || memcmp(magic, "GGUF", 4) != 0)
        return sw_fail(p->err, SW_EFORMAT, "%s is not a GGUF file (it does not begin with 'GGUF')", p->path);
    const uint32_t version = cursor_u32(&p->c);
    p->n_tensors = cursor_u64(&p->c);
    p->n_kvs = cursor_u64(&p->c);
    if (p->c.failed)
        return sw_fail(p->err, SW_EFORMAT, "%s: the file ends inside its first 24 bytes", p->path);
    if (version != 0 && (version & 0xffff) == 0)
        return sw_fail(p->err, SW_EUNSUPPORTED, "%s is a big-endian GGUF file; convert it to little-endian", p->path);
    if (version == 1)
        return sw_fail(p->err, SW_EUNSUPPORTED, "%s has GGUF version 1, which is too old; convert the model again",
                       p->path);
    if (version != 2 && version != 3)
        return sw_fail(p->err, SW_EUNSUPPORTED, "%s has GGUF version %" PRIu32 "; 2 and 3 are supported", p->path,
                       version);
    return SW_OK;
}

/* Each key and tensor takes some bytes, so the size of the file bounds their number. */
static sw_code check_counts(parse *p, uint64_t file_size)
{
    if (p->n_kvs > LIMIT_GGUF_KEYS || p->n_kvs > file_size / MIN_KV_BYTES)
        return sw_fail(p->err, SW_EFORMAT, "%s claims %" PRIu64 " metadata keys, more than it can hold", p->path,
                       p->n_kvs);
    if (p->n_tensors > LIMIT_GGUF_TENSORS || p->n_tensors > file_size / MIN_TENSOR_BYTES)
        return sw_fail(p->err, SW_EFORMAT, "%s claims %" PRIu64 " tensors, more than it can hold", p->path,
                       p->n_tensors);
    return SW_OK;
}

/* ---- keys and values ---- */

/* Keeps the offset of every string, since strings have different lengths. */
static sw_code parse_string_array(parse *p, gguf_kv *kv, uint64_t n)
{
    if (n > cursor_left(&p->c) / 8) {
        p->c.failed = true;
        return SW_OK;
    }
    uint64_t *const offsets = mem_alloc((size_t)n * sizeof *offsets);
    if (offsets == NULL)
        return sw_fail(p->err, SW_ENOMEM, "out of memory reading %s", p->path);
    kv->array.str_offsets = offsets;
    const size_t start = p->c.pos;
    for (uint64_t i = 0; i < n; i++) {
        offsets[i] = p->c.pos - start;
        (void)take_string(&p->c);
    }
    return SW_OK;
}

static sw_code parse_array(parse *p, gguf_kv *kv)
{
    const uint32_t type = cursor_u32(&p->c);
    const uint64_t n = cursor_u64(&p->c);
    if (p->c.failed)
        return SW_OK;
    if (type >= GGUF_N_VALUES || type == GGUF_ARRAY)
        return sw_fail(p->err, SW_EFORMAT, "%s: key '%s' is an array of unknown type %" PRIu32, p->path,
                       show(kv->key).text, type);
    kv->array = (gguf_array){.type = (gguf_value)type, .data = p->c.base + p->c.pos};
    if (type == GGUF_STRING) {
        const sw_code code = parse_string_array(p, kv, n);
        kv->array.n = (size_t)n;
        return code;
    }
    if (n > cursor_left(&p->c) / gguf_value_bytes((gguf_value)type)) {
        p->c.failed = true;
        return SW_OK;
    }
    kv->array.n = (size_t)n;
    (void)cursor_take(&p->c, n * gguf_value_bytes((gguf_value)type));
    return SW_OK;
}

/* The value stays where it is: kv points into the header. */
static sw_code parse_kv(parse *p, gguf_kv *kv)
{
    kv->key = take_string(&p->c);
    const uint32_t type = cursor_u32(&p->c);
    if (p->c.failed)
        return SW_OK;
    if (kv->key.size == 0 || kv->key.size > 65535)
        return sw_fail(p->err, SW_EFORMAT, "%s: a metadata key has %zu bytes; 1 to 65535 are allowed", p->path,
                       kv->key.size);
    if (type >= GGUF_N_VALUES)
        return sw_fail(p->err, SW_EFORMAT, "%s: key '%s' has unknown type %" PRIu32, p->path, show(kv->key).text, type);
    kv->type = (gguf_value)type;
    if (type == GGUF_ARRAY)
        return parse_array(p, kv);
    if (type == GGUF_STRING) {
        const str_view s = take_string(&p->c);
        kv->data = (const uint8_t *)s.data;
        kv->size = s.size;
        return SW_OK;
    }
    kv->data = cursor_take(&p->c, gguf_value_bytes((gguf_value)type));
    return SW_OK;
}

/* All keys, and the alignment, which the tensors need. */
static sw_code parse_kvs(parse *p)
{
    gguf_part *const part = p->part;
    part->kvs = mem_calloc((size_t)p->n_kvs, sizeof *part->kvs);
    if (part->kvs == NULL)
        return sw_fail(p->err, SW_ENOMEM, "out of memory reading %s", p->path);
    for (uint64_t i = 0; i < p->n_kvs; i++) {
        gguf_kv *const kv = &part->kvs[i];
        part->n_kvs = (size_t)i + 1;
        const sw_code code = parse_kv(p, kv);
        if (code != SW_OK || p->c.failed)
            return code;
        switch (strmap_add(&part->keys, kv->key.data, kv->key.size, (uint32_t)i)) {
        case STRMAP_ADDED: break;
        case STRMAP_EXISTS:
            return sw_fail(p->err, SW_EFORMAT, "%s: key '%s' appears twice", p->path, show(kv->key).text);
        case STRMAP_NOMEM: return sw_fail(p->err, SW_ENOMEM, "out of memory reading %s", p->path);
        }
    }
    uint32_t alignment;
    const sw_code code = gguf_lookup_u32(gguf_part_find(part, "general.alignment"), 32, &alignment, p->err);
    if (code != SW_OK)
        return code;
    if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > LIMIT_GGUF_ALIGNMENT)
        return sw_fail(p->err, SW_EFORMAT, "%s: general.alignment is %" PRIu32 "; it must be a power of two up to %d",
                       p->path, alignment, LIMIT_GGUF_ALIGNMENT);
    p->alignment = alignment;
    return SW_OK;
}

/* ---- tensors ---- */

/* The bytes of a tensor of checked shape.  False on overflow. */
static bool tensor_bytes(const gguf_tensor *t, uint64_t *bytes)
{
    const type_traits *const k = type_get((uint32_t)t->type);
    uint64_t n;
    return size_mul_ok(t->ne[0] / k->block_elems, k->block_bytes, &n) && size_mul_ok(n, t->ne[1], &n) &&
           size_mul_ok(n, t->ne[2], &n) && size_mul_ok(n, t->ne[3], bytes);
}

/* Checks one tensor on its own; place_tensors checks where it is. */
static sw_code parse_tensor(parse *p, gguf_tensor *t)
{
    t->name = take_string(&p->c);
    const uint32_t n_dims = cursor_u32(&p->c);
    if (p->c.failed)
        return SW_OK;
    const shown name = show(t->name);
    if (t->name.size == 0 || t->name.size > 63 || memchr(t->name.data, 0, t->name.size) != NULL)
        return sw_fail(p->err, SW_EFORMAT, "%s: tensor name '%s' must have 1 to 63 bytes and no NUL", p->path,
                       name.text);
    if (n_dims > 4)
        return sw_fail(p->err, SW_EFORMAT, "%s: tensor '%s' has %" PRIu32 " dimensions; at most 4 are allowed", p->path,
                       name.text, n_dims);
    t->n_dims = (int)n_dims;
    uint64_t elements = 1;
    for (uint32_t d = 0; d < 4; d++) {
        t->ne[d] = d < n_dims ? cursor_u64(&p->c) : 1;
        if (p->c.failed)
            return SW_OK;
        if (t->ne[d] == 0 || !size_mul_ok(elements, t->ne[d], &elements) || elements > INT64_MAX)
            return sw_fail(p->err, SW_EFORMAT,
                           "%s: tensor '%s' has an impossible shape (dimension %" PRIu32 " is %" PRIu64 ")", p->path,
                           name.text, d, t->ne[d]);
    }
    const uint32_t type = cursor_u32(&p->c);
    t->offset = cursor_u64(&p->c);
    if (p->c.failed)
        return SW_OK;
    const type_traits *const traits = type_get(type);
    if (traits->name == NULL)
        return sw_fail(p->err, SW_EUNSUPPORTED,
                       "%s: tensor '%s' has type %" PRIu32 ", which is unknown or was removed from the format", p->path,
                       name.text, type);
    t->type = (tensor_type)type;
    if (t->ne[0] % traits->block_elems != 0 || !tensor_bytes(t, &t->bytes))
        return sw_fail(p->err, SW_EFORMAT, "%s: tensor '%s' has rows of %" PRIu64 " elements, which %s cannot hold",
                       p->path, name.text, t->ne[0], traits->name);
    if (t->offset % p->alignment != 0)
        return sw_fail(p->err, SW_EFORMAT,
                       "%s: tensor '%s' begins at offset %" PRIu64
                       ", which is not a multiple of the alignment %" PRIu64,
                       p->path, name.text, t->offset, p->alignment);
    return SW_OK;
}

static sw_code parse_tensors(parse *p, int index)
{
    gguf_part *const part = p->part;
    part->tensors = mem_calloc((size_t)p->n_tensors, sizeof *part->tensors);
    if (part->tensors == NULL)
        return sw_fail(p->err, SW_ENOMEM, "out of memory reading %s", p->path);
    part->n_tensors = (size_t)p->n_tensors;
    for (uint64_t i = 0; i < p->n_tensors; i++) {
        part->tensors[i].file = index;
        const sw_code code = parse_tensor(p, &part->tensors[i]);
        if (code != SW_OK || p->c.failed)
            return code;
    }
    return SW_OK;
}

static int by_offset(const void *a, const void *b)
{
    const gguf_tensor *const x = *(const gguf_tensor *const *)a;
    const gguf_tensor *const y = *(const gguf_tensor *const *)b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Makes offsets absolute.  Checks that all data is inside the file and that no two tensors overlap. */
static sw_code place_tensors(parse *p, uint64_t file_size)
{
    gguf_part *const part = p->part;
    const uint64_t data_start = (p->c.pos + p->alignment - 1) / p->alignment * p->alignment;
    const gguf_tensor **const sorted = mem_alloc((part->n_tensors + 1) * sizeof *sorted);
    if (sorted == NULL)
        return sw_fail(p->err, SW_ENOMEM, "out of memory reading %s", p->path);
    sw_code code = SW_OK;
    for (size_t i = 0; i < part->n_tensors && code == SW_OK; i++) {
        gguf_tensor *const t = &part->tensors[i];
        uint64_t end;
        if (!size_add_ok(t->offset, data_start, &t->offset) || !size_add_ok(t->offset, t->bytes, &end) ||
            end > file_size)
            code = sw_fail(p->err, SW_EFORMAT,
                           "%s: tensor '%s' needs %" PRIu64 " bytes at byte %" PRIu64 " but the file has %" PRIu64
                           "; is the download complete?",
                           p->path, show(t->name).text, t->bytes, t->offset, file_size);
        sorted[i] = t;
    }
    if (code == SW_OK)
        qsort(sorted, part->n_tensors, sizeof *sorted, by_offset);
    for (size_t i = 1; i < part->n_tensors && code == SW_OK; i++) {
        if (sorted[i - 1]->offset + sorted[i - 1]->bytes > sorted[i]->offset)
            code = sw_fail(p->err, SW_EFORMAT, "%s: tensors '%s' and '%s' overlap", p->path,
                           show(sorted[i - 1]->name).text, show(sorted[i]->name).text);
    }
    mem_free(sorted);
    return code;
}

/* ---- one file ---- */

/* Frees the results of an attempt; the file stays open. */
static void forget(gguf_part *part)
{
    for (size_t i = 0; i < part->n_kvs; i++)
        mem_free((void *)(uintptr_t)part->kvs[i].array.str_offsets);
    mem_free(part->kvs);
    mem_free(part->tensors);
    mem_free(part->header);
    strmap_free(&part->keys);
    *part = (gguf_part){.file = part->file};
}

/* One attempt with the first n bytes.  *more_out: the header continues after them. */
static sw_code attempt(gguf_part *part, const char *path, int index, size_t n, bool *more_out, sw_err *err)
{
    const uint64_t file_size = infile_size(part->file);
    *more_out = false;
    part->header = mem_alloc(n);
    if (part->header == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory reading %s", path);
    sw_code code = infile_read(part->file, 0, part->header, n, err);
    if (code != SW_OK)
        return code;
    strmap_init(&part->keys);
    parse p = {.part = part, .c = {part->header, n, 0, false}, .path = path, .err = err};
    if ((code = parse_magic(&p)) != SW_OK || (code = check_counts(&p, file_size)) != SW_OK ||
        (code = parse_kvs(&p)) != SW_OK)
        return code;
    if (!p.c.failed && (code = parse_tensors(&p, index)) != SW_OK)
        return code;
    if (!p.c.failed)
        return place_tensors(&p, file_size);
    *more_out = n < file_size && n < LIMIT_GGUF_HEADER_BYTES;
    if (*more_out)
        return SW_OK;
    return n < file_size
               ? sw_fail(err, SW_ELIMIT, "%s: the header is larger than %d bytes", path, LIMIT_GGUF_HEADER_BYTES)
               : sw_fail(err, SW_EFORMAT, "%s: the header runs past the end of the file; is it complete?", path);
}

sw_code gguf_part_open(gguf_part *part, const char *path, int index, sw_err *err)
{
    *part = (gguf_part){0};
    sw_code code = infile_open(&part->file, path, err);
    if (code != SW_OK)
        return code;
    const uint64_t file_size = infile_size(part->file);
    bool more = true;
    for (uint64_t n = FIRST_CHUNK; more && code == SW_OK; n *= 2) {
        forget(part);
        code = attempt(part, path, index, (size_t)(n < file_size ? n : file_size), &more, err);
    }
    if (code != SW_OK)
        gguf_part_close(part);
    return code;
}

void gguf_part_close(gguf_part *part)
{
    forget(part);
    infile_close(part->file);
    part->file = NULL;
}

gguf_lookup gguf_part_find(const gguf_part *part, const char *key)
{
    const int64_t i = strmap_find(&part->keys, key, strlen(key));
    return (gguf_lookup){i < 0 ? NULL : &part->kvs[i], key, infile_path(part->file)};
}
