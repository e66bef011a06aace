/* gguf_builder.h - GGUF files for tests, right ones and wrong ones: every field can be given a value that no writer
 * would choose.  The builder checks nothing; what it cannot allocate ends the program. */
#ifndef TEST_GGUF_BUILDER_H
#define TEST_GGUF_BUILDER_H

#include <stdbool.h>

#include "base/buf.h"
#include "gguf/gguf.h"

typedef struct gguf_builder {
    buf keys, infos, data;
    uint32_t version;           // 3
    uint64_t n_keys, n_tensors; // as counted; change them before builder_bytes to lie
    uint32_t alignment;         // 32; of offsets and of the data's beginning, no key is written for it
} gguf_builder;

void builder_begin(gguf_builder *b);
void builder_end(gguf_builder *b); // frees

void builder_raw_key(gguf_builder *b, const char *key, uint32_t type, const void *value, size_t n);
void builder_u32(gguf_builder *b, const char *key, uint32_t v);
void builder_f32(gguf_builder *b, const char *key, float v);
void builder_bool(gguf_builder *b, const char *key, bool v);
void builder_str(gguf_builder *b, const char *key, const char *v);
/* `data` holds the packed elements, n_bytes of them. */
void builder_array(gguf_builder *b, const char *key, uint32_t type, uint64_t n, const void *data, size_t n_bytes);
void builder_strings(gguf_builder *b, const char *key, const char *const *v, size_t n);

/* The tensor's description alone; `name` has n_name bytes. */
void builder_raw_tensor(gguf_builder *b, const char *name, size_t n_name, uint32_t n_dims, const uint64_t *ne,
                        uint32_t type, uint64_t offset);
/* A tensor of `n_bytes` behind those before it; dimensions end at the first 0.  `data` may be NULL: zeros. */
void builder_tensor(gguf_builder *b, const char *name, uint32_t type, const uint64_t ne[4], const void *data,
                    size_t n_bytes);

/* The whole file; *out is to be freed with buf_free. */
void builder_bytes(const gguf_builder *b, buf *out);
void builder_write(const gguf_builder *b, const char *path);

#endif
