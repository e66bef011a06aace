/* gguf_parts.h - what the files of this folder share. */
#ifndef GGUF_GGUF_PARTS_H
#define GGUF_GGUF_PARTS_H

#include "base/file.h"
#include "base/strmap.h"
#include "gguf/gguf.h"

typedef struct gguf_kv {
    str_view key;
    gguf_value type;
    const uint8_t *data; // of scalars: the value; of strings: the bytes
    uint64_t size;       // of strings: their length
    gguf_array array;    // of arrays
} gguf_kv;

/* One parsed file; a split model has several. */
typedef struct gguf_part {
    infile *file;
    uint8_t *header;
    gguf_kv *kvs;
    size_t n_kvs;
    strmap keys; // -> index into kvs
    gguf_tensor *tensors;
    size_t n_tensors;
} gguf_part;

struct gguf_file {
    gguf_part *parts;
    size_t n_parts;
    const gguf_tensor **tensors; // of all parts
    size_t n_tensors;
    strmap names; // -> index into tensors
};

/* Reads and checks one file's header; `index` becomes the tensors' file number.  On failure *part is empty. */
SW_NODISCARD sw_code gguf_part_open(gguf_part *part, const char *path, int index, sw_err *err);
void gguf_part_close(gguf_part *part);

/* Bytes of a scalar; 0 for strings and arrays. */
size_t gguf_value_bytes(gguf_value type);

const gguf_kv *gguf_part_find(const gguf_part *part, const char *key);

/* As gguf_u32, of one part. */
SW_NODISCARD sw_code gguf_part_u32(const gguf_part *part, const char *key, uint32_t fallback, uint32_t *out,
                                   sw_err *err);

#endif
