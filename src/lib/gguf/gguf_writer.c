/* gguf_writer.c - the header is collected in memory, tensor data goes straight to the file. */
#include "gguf/gguf_writer.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"

enum { ALIGNMENT = 32 }; // bytes; what readers assume without general.alignment

struct gguf_writer {
    outfile *file;
    buf keys, infos; // the two parts of the header, as they are written
    uint64_t n_keys, n_tensors;
    uint64_t *sizes; // (n_tensors), bytes of each announced tensor; owned
    size_t cap_sizes;
    uint64_t data_bytes; // announced, with padding
    size_t tensor;       // index of the one whose data comes next
    uint64_t at;         // bytes of it that are written
    sw_err err;          // the first error
};

/* ---- keys ---- */

static void put_u32(buf *b, uint32_t v)
{
    buf_append(b, &v, sizeof v);
}

static void put_u64(buf *b, uint64_t v)
{
    buf_append(b, &v, sizeof v);
}

static void put_string(buf *b, str_view s)
{
    put_u64(b, s.size);
    buf_append(b, s.data, s.size);
}

static str_view view(const char *z)
{
    return (str_view){z, strlen(z)};
}

sw_code gguf_writer_open(gguf_writer **out, const char *path, sw_err *err)
{
    *out = NULL;
    gguf_writer *const w = mem_calloc(1, sizeof *w);
    if (w == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory writing %s", path);
    buf_init(&w->keys, LIMIT_GGUF_HEADER_BYTES);
    buf_init(&w->infos, LIMIT_GGUF_HEADER_BYTES);
    const sw_code code = outfile_open(&w->file, path, err);
    if (code != SW_OK) {
        gguf_abandon(w);
        return code;
    }
    *out = w;
    return SW_OK;
}

/* Starts a key; the caller appends its value to the result. */
static buf *begin_key(gguf_writer *w, str_view key, gguf_value type)
{
    put_string(&w->keys, key);
    put_u32(&w->keys, type);
    w->n_keys++;
    return &w->keys;
}

void gguf_put_u32(gguf_writer *w, const char *key, uint32_t value)
{
    put_u32(begin_key(w, view(key), GGUF_U32), value);
}

void gguf_put_f32(gguf_writer *w, const char *key, float value)
{
    buf_append(begin_key(w, view(key), GGUF_F32), &value, sizeof value);
}

void gguf_put_bool(gguf_writer *w, const char *key, bool value)
{
    buf_putc(begin_key(w, view(key), GGUF_BOOL), value ? 1 : 0);
}

void gguf_put_str(gguf_writer *w, const char *key, const char *value)
{
    put_string(begin_key(w, view(key), GGUF_STRING), view(value));
}

static buf *begin_array(gguf_writer *w, str_view key, gguf_value type, size_t n)
{
    buf *const b = begin_key(w, key, GGUF_ARRAY);
    put_u32(b, type);
    put_u64(b, n);
    return b;
}

void gguf_put_strs(gguf_writer *w, const char *key, const str_view *values, size_t n)
{
    buf *const b = begin_array(w, view(key), GGUF_STRING, n);
    for (size_t i = 0; i < n; i++)
        put_string(b, values[i]);
}

void gguf_put_i32s(gguf_writer *w, const char *key, const int32_t *values, size_t n)
{
    buf_append(begin_array(w, view(key), GGUF_I32, n), values, n * sizeof *values);
}

static void copy_key(gguf_writer *w, const gguf_kv *kv)
{
    if (kv->type == GGUF_STRING) {
        put_string(begin_key(w, kv->key, GGUF_STRING), (str_view){(const char *)kv->data, (size_t)kv->size});
    } else if (kv->type != GGUF_ARRAY) {
        buf_append(begin_key(w, kv->key, kv->type), kv->data, gguf_value_bytes(kv->type));
    } else if (kv->array.type != GGUF_STRING) {
        buf_append(begin_array(w, kv->key, kv->array.type, kv->array.n), kv->array.data,
                   kv->array.n * gguf_value_bytes(kv->array.type));
    } else {
        buf *const b = begin_array(w, kv->key, GGUF_STRING, kv->array.n);
        for (size_t i = 0; i < kv->array.n; i++)
            put_string(b, gguf_array_str(&kv->array, i));
    }
}

void gguf_put_all(gguf_writer *w, const gguf_file *from, const char *const *except)
{
    for (size_t i = 0; i < gguf_n_keys(from); i++) {
        const gguf_kv *const kv = gguf_key_at(from, i);
        bool is_wanted = true;
        for (const char *const *e = except; *e != NULL; e++)
            is_wanted = is_wanted && !str_view_eq(kv->key, *e);
        if (is_wanted)
            copy_key(w, kv);
    }
}

/* ---- tensors ---- */

/* n bytes, rounded up to the alignment. */
static uint64_t padded(uint64_t n)
{
    return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Offsets are relative to the start of the data, so they are known before the header's length is. */
void gguf_announce(gguf_writer *w, str_view name, tensor_type type, int n_dims, const uint64_t *ne)
{
    uint64_t bytes = type_row_bytes(type, ne[0]);
    put_string(&w->infos, name);
    put_u32(&w->infos, (uint32_t)n_dims);
    for (int d = 0; d < n_dims; d++) {
        put_u64(&w->infos, ne[d]);
        bytes *= d > 0 ? ne[d] : 1;
    }
    put_u32(&w->infos, type);
    put_u64(&w->infos, w->data_bytes);
    if (!mem_grow(&w->sizes, &w->cap_sizes, w->n_tensors + 1, sizeof *w->sizes)) {
        (void)sw_fail(&w->err, SW_ENOMEM, "out of memory writing a model file");
        return;
    }
    w->sizes[w->n_tensors++] = bytes;
    w->data_bytes += padded(bytes);
}

/* Every write to the file goes through here, so the first error stops all others. */
static void write_bytes(gguf_writer *w, const void *data, size_t n)
{
    if (w->err.code == SW_OK && outfile_write(w->file, data, n, &w->err) != SW_OK)
        w->at = 0; // w->err sticks: nothing is written any more
}

static void write_padding(gguf_writer *w, uint64_t written)
{
    static const uint8_t ZEROS[ALIGNMENT] = {0};
    write_bytes(w, ZEROS, (size_t)(padded(written) - written));
}

void gguf_begin(gguf_writer *w)
{
    if (w->keys.failed != SW_OK || w->infos.failed != SW_OK)
        (void)sw_fail(&w->err, SW_ENOMEM, "the model file's header does not fit into memory");
    const uint32_t version = 3;
    write_bytes(w, "GGUF", 4);
    write_bytes(w, &version, sizeof version);
    write_bytes(w, &w->n_tensors, sizeof w->n_tensors);
    write_bytes(w, &w->n_keys, sizeof w->n_keys);
    write_bytes(w, buf_str(&w->keys), w->keys.size);
    write_bytes(w, buf_str(&w->infos), w->infos.size);
    write_padding(w, 24 + w->keys.size + w->infos.size);
}

void gguf_put_data(gguf_writer *w, const void *data, size_t n)
{
    const uint8_t *p = data;
    while (n > 0 && w->err.code == SW_OK) {
        if (w->tensor == w->n_tensors) {
            (void)sw_fail(&w->err, SW_EINVAL, "more tensor data than was announced");
            return;
        }
        const uint64_t left = w->sizes[w->tensor] - w->at;
        const size_t take = n < left ? n : (size_t)left;
        write_bytes(w, p, take);
        p += take;
        n -= take;
        w->at += take;
        if (w->at == w->sizes[w->tensor]) {
            write_padding(w, w->at);
            w->tensor++;
            w->at = 0;
        }
    }
}

/* ---- the end ---- */

sw_code gguf_commit(gguf_writer *w, sw_err *err)
{
    if (w->err.code == SW_OK && w->tensor != w->n_tensors)
        (void)sw_fail(&w->err, SW_EINVAL, "tensor %zu of %llu was not written", w->tensor,
                      (unsigned long long)w->n_tensors);
    sw_code code = w->err.code;
    if (code == SW_OK) {
        code = outfile_commit(w->file, err);
        w->file = NULL;
    } else {
        (void)sw_fail(err, code, "%s", w->err.msg);
    }
    gguf_abandon(w);
    return code;
}

void gguf_abandon(gguf_writer *w)
{
    if (w == NULL)
        return;
    outfile_abandon(w->file);
    buf_free(&w->keys);
    buf_free(&w->infos);
    mem_free(w->sizes);
    mem_free(w);
}
