#include "support/gguf_builder.h"

#include <stdlib.h>
#include <string.h>

#include "support/temp_dir.h"

enum { MAX_BYTES = 64 << 20 };

void gguf_begin(gguf_builder *b)
{
    *b = (gguf_builder){.version = 3, .alignment = 32};
    sw_buf_init(&b->keys, MAX_BYTES);
    sw_buf_init(&b->infos, MAX_BYTES);
    sw_buf_init(&b->data, MAX_BYTES);
}

void gguf_end(gguf_builder *b)
{
    sw_buf_free(&b->keys);
    sw_buf_free(&b->infos);
    sw_buf_free(&b->data);
}

static void put_u32(sw_buf *b, uint32_t v)
{
    sw_buf_append(b, &v, sizeof v);
}

static void put_u64(sw_buf *b, uint64_t v)
{
    sw_buf_append(b, &v, sizeof v);
}

static void put_text(sw_buf *b, const char *s, size_t n)
{
    put_u64(b, n);
    sw_buf_append(b, s, n);
}

static void put_zeros(sw_buf *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sw_buf_putc(b, '\0');
}

static void pad(sw_buf *b, size_t alignment)
{
    put_zeros(b, (alignment - b->size % alignment) % alignment);
}

void gguf_raw_key(gguf_builder *b, const char *key, uint32_t type, const void *value, size_t n)
{
    put_text(&b->keys, key, strlen(key));
    put_u32(&b->keys, type);
    sw_buf_append(&b->keys, value, n);
    b->n_keys++;
}

void gguf_u32(gguf_builder *b, const char *key, uint32_t v)
{
    gguf_raw_key(b, key, SW_GGUF_U32, &v, sizeof v);
}

void gguf_f32(gguf_builder *b, const char *key, float v)
{
    gguf_raw_key(b, key, SW_GGUF_F32, &v, sizeof v);
}

void gguf_bool(gguf_builder *b, const char *key, bool v)
{
    const uint8_t byte = v;
    gguf_raw_key(b, key, SW_GGUF_BOOL, &byte, 1);
}

void gguf_str(gguf_builder *b, const char *key, const char *v)
{
    gguf_raw_key(b, key, SW_GGUF_STRING, "", 0);
    put_text(&b->keys, v, strlen(v));
}

void gguf_array(gguf_builder *b, const char *key, uint32_t type, uint64_t n, const void *data, size_t n_bytes)
{
    gguf_raw_key(b, key, SW_GGUF_ARRAY, &type, sizeof type);
    put_u64(&b->keys, n);
    sw_buf_append(&b->keys, data, n_bytes);
}

void gguf_strings(gguf_builder *b, const char *key, const char *const *v, size_t n)
{
    gguf_array(b, key, SW_GGUF_STRING, n, "", 0);
    for (size_t i = 0; i < n; i++)
        put_text(&b->keys, v[i], strlen(v[i]));
}

void gguf_raw_tensor(gguf_builder *b, const char *name, size_t n_name, uint32_t n_dims, const uint64_t *ne,
                     uint32_t type, uint64_t offset)
{
    put_text(&b->infos, name, n_name);
    put_u32(&b->infos, n_dims);
    for (uint32_t d = 0; d < n_dims; d++)
        put_u64(&b->infos, ne[d]);
    put_u32(&b->infos, type);
    put_u64(&b->infos, offset);
    b->n_tensors++;
}

void gguf_tensor(gguf_builder *b, const char *name, uint32_t type, const uint64_t ne[4], const void *data,
                 size_t n_bytes)
{
    uint32_t n_dims = 0;
    while (n_dims < 4 && ne[n_dims] != 0)
        n_dims++;
    pad(&b->data, b->alignment);
    gguf_raw_tensor(b, name, strlen(name), n_dims, ne, type, b->data.size);
    if (data != NULL)
        sw_buf_append(&b->data, data, n_bytes);
    else
        put_zeros(&b->data, n_bytes);
}

void gguf_bytes(const gguf_builder *b, sw_buf *out)
{
    sw_buf_init(out, 4 * (size_t)MAX_BYTES);
    sw_buf_puts(out, "GGUF");
    put_u32(out, b->version);
    put_u64(out, b->n_tensors);
    put_u64(out, b->n_keys);
    sw_buf_append(out, sw_buf_str(&b->keys), b->keys.size);
    sw_buf_append(out, sw_buf_str(&b->infos), b->infos.size);
    if (b->data.size > 0) {
        pad(out, b->alignment);
        sw_buf_append(out, b->data.data, b->data.size);
    }
    if (b->keys.failed != SW_OK || b->infos.failed != SW_OK || b->data.failed != SW_OK || out->failed != SW_OK)
        abort();
}

void gguf_write(const gguf_builder *b, const char *path)
{
    sw_buf all;
    gguf_bytes(b, &all);
    temp_write(path, all.data, all.size);
    sw_buf_free(&all);
}
