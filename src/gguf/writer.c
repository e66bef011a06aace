#include "gguf/writer.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "gguf/gguf_parts.h"

enum { ALIGNMENT = 32 };

struct sw_gguf_writer {
    sw_outfile *file;
    sw_buf keys, infos;
    uint64_t n_keys, n_tensors;
    uint64_t *sizes; // bytes of each announced tensor
    size_t cap_sizes;
    uint64_t data_bytes; // announced, with padding
    size_t tensor;       // whose data comes next
    uint64_t at;         // bytes of it already written
    sw_err err;
};

static void put_u32(sw_buf *b, uint32_t v)
{
    sw_buf_append(b, &v, sizeof v);
}

static void put_u64(sw_buf *b, uint64_t v)
{
    sw_buf_append(b, &v, sizeof v);
}

static void put_string(sw_buf *b, sw_str s)
{
    put_u64(b, s.size);
    sw_buf_append(b, s.data, s.size);
}

static sw_str view(const char *z)
{
    return (sw_str){z, strlen(z)};
}

sw_code sw_gguf_writer_open(sw_gguf_writer **out, const char *path, sw_err *err)
{
    *out = NULL;
    sw_gguf_writer *const w = sw_calloc(1, sizeof *w);
    if (w == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory writing %s", path);
    sw_buf_init(&w->keys, SW_LIMIT_GGUF_HEADER_BYTES);
    sw_buf_init(&w->infos, SW_LIMIT_GGUF_HEADER_BYTES);
    const sw_code code = sw_outfile_open(&w->file, path, err);
    if (code != SW_OK) {
        sw_gguf_abandon(w);
        return code;
    }
    *out = w;
    return SW_OK;
}

/* Starts a key; what follows is its value. */
static sw_buf *begin_key(sw_gguf_writer *w, sw_str key, sw_gguf_value type)
{
    put_string(&w->keys, key);
    put_u32(&w->keys, type);
    w->n_keys++;
    return &w->keys;
}

void sw_gguf_put_u32(sw_gguf_writer *w, const char *key, uint32_t value)
{
    put_u32(begin_key(w, view(key), SW_GGUF_U32), value);
}

void sw_gguf_put_f32(sw_gguf_writer *w, const char *key, float value)
{
    sw_buf_append(begin_key(w, view(key), SW_GGUF_F32), &value, sizeof value);
}

void sw_gguf_put_bool(sw_gguf_writer *w, const char *key, bool value)
{
    sw_buf_putc(begin_key(w, view(key), SW_GGUF_BOOL), value ? 1 : 0);
}

void sw_gguf_put_str(sw_gguf_writer *w, const char *key, const char *value)
{
    put_string(begin_key(w, view(key), SW_GGUF_STRING), view(value));
}

static sw_buf *begin_array(sw_gguf_writer *w, sw_str key, sw_gguf_value type, size_t n)
{
    sw_buf *const b = begin_key(w, key, SW_GGUF_ARRAY);
    put_u32(b, type);
    put_u64(b, n);
    return b;
}

void sw_gguf_put_strs(sw_gguf_writer *w, const char *key, const sw_str *values, size_t n)
{
    sw_buf *const b = begin_array(w, view(key), SW_GGUF_STRING, n);
    for (size_t i = 0; i < n; i++)
        put_string(b, values[i]);
}

void sw_gguf_put_i32s(sw_gguf_writer *w, const char *key, const int32_t *values, size_t n)
{
    sw_buf_append(begin_array(w, view(key), SW_GGUF_I32, n), values, n * sizeof *values);
}

static void copy_key(sw_gguf_writer *w, const sw_gguf_kv *kv)
{
    if (kv->type == SW_GGUF_STRING) {
        put_string(begin_key(w, kv->key, SW_GGUF_STRING), (sw_str){(const char *)kv->data, (size_t)kv->size});
    } else if (kv->type != SW_GGUF_ARRAY) {
        sw_buf_append(begin_key(w, kv->key, kv->type), kv->data, sw__gguf_value_bytes(kv->type));
    } else if (kv->array.type != SW_GGUF_STRING) {
        sw_buf_append(begin_array(w, kv->key, kv->array.type, kv->array.n), kv->array.data,
                      kv->array.n * sw__gguf_value_bytes(kv->array.type));
    } else {
        sw_buf *const b = begin_array(w, kv->key, SW_GGUF_STRING, kv->array.n);
        for (size_t i = 0; i < kv->array.n; i++)
            put_string(b, sw_gguf_array_str(&kv->array, i));
    }
}

void sw_gguf_put_all(sw_gguf_writer *w, const sw_gguf *from, const char *const *except)
{
    const sw_gguf_part *const part = &from->parts[0];
    for (size_t i = 0; i < part->n_kvs; i++) {
        bool is_wanted = true;
        for (const char *const *e = except; *e != NULL; e++)
            is_wanted = is_wanted && !sw_str_eq(part->kvs[i].key, *e);
        if (is_wanted)
            copy_key(w, &part->kvs[i]);
    }
}

static uint64_t padded(uint64_t n)
{
    return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void sw_gguf_announce(sw_gguf_writer *w, sw_str name, sw_type type, int n_dims, const uint64_t *ne)
{
    uint64_t bytes = sw_type_row_bytes(type, ne[0]);
    put_string(&w->infos, name);
    put_u32(&w->infos, (uint32_t)n_dims);
    for (int d = 0; d < n_dims; d++) {
        put_u64(&w->infos, ne[d]);
        bytes *= d > 0 ? ne[d] : 1;
    }
    put_u32(&w->infos, type);
    put_u64(&w->infos, w->data_bytes);
    if (!sw_grow(&w->sizes, &w->cap_sizes, w->n_tensors + 1, sizeof *w->sizes)) {
        (void)sw_fail(&w->err, SW_ENOMEM, "out of memory writing a model file");
        return;
    }
    w->sizes[w->n_tensors++] = bytes;
    w->data_bytes += padded(bytes);
}

static void write_bytes(sw_gguf_writer *w, const void *data, size_t n)
{
    if (w->err.code == SW_OK && sw_outfile_write(w->file, data, n, &w->err) != SW_OK)
        w->at = 0; // w->err sticks: nothing is written any more
}

static void write_padding(sw_gguf_writer *w, uint64_t written)
{
    static const uint8_t ZEROS[ALIGNMENT] = {0};
    write_bytes(w, ZEROS, (size_t)(padded(written) - written));
}

void sw_gguf_begin(sw_gguf_writer *w)
{
    if (w->keys.failed != SW_OK || w->infos.failed != SW_OK)
        (void)sw_fail(&w->err, SW_ENOMEM, "the model file's header does not fit into memory");
    const uint32_t version = 3;
    write_bytes(w, "GGUF", 4);
    write_bytes(w, &version, sizeof version);
    write_bytes(w, &w->n_tensors, sizeof w->n_tensors);
    write_bytes(w, &w->n_keys, sizeof w->n_keys);
    write_bytes(w, sw_buf_str(&w->keys), w->keys.size);
    write_bytes(w, sw_buf_str(&w->infos), w->infos.size);
    write_padding(w, 24 + w->keys.size + w->infos.size);
}

void sw_gguf_put_data(sw_gguf_writer *w, const void *data, size_t n)
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

sw_code sw_gguf_commit(sw_gguf_writer *w, sw_err *err)
{
    if (w->err.code == SW_OK && w->tensor != w->n_tensors)
        (void)sw_fail(&w->err, SW_EINVAL, "tensor %zu of %llu was not written", w->tensor,
                      (unsigned long long)w->n_tensors);
    sw_code code = w->err.code;
    if (code == SW_OK) {
        code = sw_outfile_commit(w->file, err);
        w->file = NULL;
    } else {
        (void)sw_fail(err, code, "%s", w->err.msg);
    }
    sw_gguf_abandon(w);
    return code;
}

void sw_gguf_abandon(sw_gguf_writer *w)
{
    if (w == NULL)
        return;
    sw_outfile_abandon(w->file);
    sw_buf_free(&w->keys);
    sw_buf_free(&w->infos);
    sw_free(w->sizes);
    sw_free(w);
}
