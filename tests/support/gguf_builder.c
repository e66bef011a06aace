#include "support/gguf_builder.h"

#include <stdlib.h>
#include <string.h>

#include "support/temp_dir.h"

enum { MAX_BYTES = 64 << 20 };

void builder_begin(gguf_builder *b)
{
    *b = (gguf_builder){.version = 3, .alignment = 32};
    buf_init(&b->keys, MAX_BYTES);
    buf_init(&b->infos, MAX_BYTES);
    buf_init(&b->data, MAX_BYTES);
}

void builder_end(gguf_builder *b)
{
    buf_free(&b->keys);
    buf_free(&b->infos);
    buf_free(&b->data);
}

static void put_u32(buf *b, uint32_t v)
{
    buf_append(b, &v, sizeof v);
}

static void put_u64(buf *b, uint64_t v)
{
    buf_append(b, &v, sizeof v);
}

static void put_text(buf *b, const char *s, size_t n)
{
    put_u64(b, n);
    buf_append(b, s, n);
}

static void put_zeros(buf *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_putc(b, '\0');
}

static void pad(buf *b, size_t alignment)
{
    put_zeros(b, (alignment - b->size % alignment) % alignment);
}

void builder_raw_key(gguf_builder *b, const char *key, uint32_t type, const void *value, size_t n)
{
    put_text(&b->keys, key, strlen(key));
    put_u32(&b->keys, type);
    buf_append(&b->keys, value, n);
    b->n_keys++;
}

void builder_u32(gguf_builder *b, const char *key, uint32_t v)
{
    builder_raw_key(b, key, GGUF_U32, &v, sizeof v);
}

void builder_f32(gguf_builder *b, const char *key, float v)
{
    builder_raw_key(b, key, GGUF_F32, &v, sizeof v);
}

void builder_bool(gguf_builder *b, const char *key, bool v)
{
    const uint8_t byte = v;
    builder_raw_key(b, key, GGUF_BOOL, &byte, 1);
}

void builder_str(gguf_builder *b, const char *key, const char *v)
{
    builder_raw_key(b, key, GGUF_STRING, "", 0);
    put_text(&b->keys, v, strlen(v));
}

void builder_array(gguf_builder *b, const char *key, uint32_t type, uint64_t n, const void *data, size_t n_bytes)
{
    builder_raw_key(b, key, GGUF_ARRAY, &type, sizeof type);
    put_u64(&b->keys, n);
    buf_append(&b->keys, data, n_bytes);
}

void builder_strings(gguf_builder *b, const char *key, const char *const *v, size_t n)
{
    builder_array(b, key, GGUF_STRING, n, "", 0);
    for (size_t i = 0; i < n; i++)
        put_text(&b->keys, v[i], strlen(v[i]));
}

void builder_raw_tensor(gguf_builder *b, const char *name, size_t n_name, uint32_t n_dims, const uint64_t *ne,
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

void builder_tensor(gguf_builder *b, const char *name, uint32_t type, const uint64_t ne[4], const void *data,
                    size_t n_bytes)
{
    uint32_t n_dims = 0;
    while (n_dims < 4 && ne[n_dims] != 0)
        n_dims++;
    pad(&b->data, b->alignment);
    builder_raw_tensor(b, name, strlen(name), n_dims, ne, type, b->data.size);
    if (data != NULL)
        buf_append(&b->data, data, n_bytes);
    else
        put_zeros(&b->data, n_bytes);
}

void builder_bytes(const gguf_builder *b, buf *out)
{
    buf_init(out, 4 * (size_t)MAX_BYTES);
    buf_puts(out, "GGUF");
    put_u32(out, b->version);
    put_u64(out, b->n_tensors);
    put_u64(out, b->n_keys);
    buf_append(out, buf_str(&b->keys), b->keys.size);
    buf_append(out, buf_str(&b->infos), b->infos.size);
    if (b->data.size > 0) {
        pad(out, b->alignment);
        buf_append(out, b->data.data, b->data.size);
    }
    if (b->keys.failed != SW_OK || b->infos.failed != SW_OK || b->data.failed != SW_OK || out->failed != SW_OK)
        abort();
}

void builder_write(const gguf_builder *b, const char *path)
{
    buf all;
    builder_bytes(b, &all);
    temp_write(path, all.data, all.size);
    buf_free(&all);
}
