/* gguf_parts.h - what the files of this folder share. */
#ifndef SW_GGUF_PARTS_H
#define SW_GGUF_PARTS_H

#include "base/file.h"
#include "base/strmap.h"
#include "gguf/gguf.h"

typedef struct sw_gguf_kv {
    sw_str key;
    sw_gguf_value type;
    const uint8_t *data; // of scalars: the value; of strings: the bytes
    uint64_t size;       // of strings: their length
    sw_gguf_array array; // of arrays
} sw_gguf_kv;

/* One parsed file; a split model has several. */
typedef struct sw_gguf_part {
    sw_file *file;
    uint8_t *header;
    sw_gguf_kv *kvs;
    size_t n_kvs;
    sw_strmap keys; // -> index into kvs
    sw_gguf_tensor *tensors;
    size_t n_tensors;
} sw_gguf_part;

struct sw_gguf {
    sw_gguf_part *parts;
    size_t n_parts;
    const sw_gguf_tensor **tensors; // of all parts
    size_t n_tensors;
    sw_strmap names; // -> index into tensors
};

/* Reads and checks one file's header; `index` becomes the tensors' file number.  On failure *part is empty. */
SW_NODISCARD sw_code sw__gguf_part_open(sw_gguf_part *part, const char *path, int index, sw_err *err);
void sw__gguf_part_close(sw_gguf_part *part);

/* Bytes of a scalar; 0 for strings and arrays. */
size_t sw__gguf_value_bytes(sw_gguf_value type);

const sw_gguf_kv *sw__gguf_part_find(const sw_gguf_part *part, const char *key);

/* As sw_gguf_u32, of one part. */
SW_NODISCARD sw_code sw__gguf_part_u32(const sw_gguf_part *part, const char *key, uint32_t fallback, uint32_t *out,
                                       sw_err *err);

#endif
