/* gguf_header.h - the header of one file; a split model has several. */
#ifndef GGUF_GGUF_HEADER_H
#define GGUF_GGUF_HEADER_H

#include "base/file.h"
#include "base/strmap.h"
#include "gguf/gguf_values.h"

typedef struct gguf_part {
    infile *file;    // owned
    uint8_t *header; // the bytes that strings and arrays point into, owned
    gguf_kv *kvs;    // (n_kvs), owned
    size_t n_kvs;
    strmap keys;          // -> index into kvs
    gguf_tensor *tensors; // (n_tensors), owned
    size_t n_tensors;
} gguf_part;

/* Reads and checks the header of one file; `index` becomes the file number of its tensors.  On failure *part is empty.
 * Errors: those of gguf_open. */
SW_NODISCARD sw_code gguf_part_open(gguf_part *part, const char *path, int index, sw_err *err);
void gguf_part_close(gguf_part *part);

/* Looks up a key. */
gguf_lookup gguf_part_find(const gguf_part *part, const char *key);

#endif
