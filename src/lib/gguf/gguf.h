/* gguf.h - reading the header of a GGUF container (versions 2 and 3, split files), which is untrusted input.
 *
 * Opening checks every count, length, offset and dimension against overflow, the named limits and the file's size, so
 * that nothing that follows needs to.  Strings and arrays are views into the header, which stays in memory while the
 * gguf_file lives.  Tensor data is read explicitly with gguf_read, never mapped.
 */
#ifndef GGUF_GGUF_H
#define GGUF_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gguf/types.h"
#include "spillway/error.h"

/* Bytes that are not ours and not NUL-terminated. */
typedef struct str_view {
    const char *data;
    size_t size;
} str_view;

bool str_view_eq(str_view s, const char *z);

typedef enum gguf_value {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_STRING,
    GGUF_ARRAY,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64,
    GGUF_N_VALUES
} gguf_value;

typedef struct gguf_tensor {
    str_view name;
    tensor_type type;
    int n_dims;
    uint64_t ne[4];  // ne[0] contiguous; missing dimensions are 1; each at least 1
    int file;        // index of the split file that holds it
    uint64_t offset; // absolute, in that file
    uint64_t bytes;
} gguf_tensor;

/* An array value; `n` is 0 when the key is absent. */
typedef struct gguf_array {
    gguf_value type; // of the elements
    size_t n;
    const uint8_t *data;         // packed little-endian elements; for strings use gguf_array_str
    const uint64_t *str_offsets; // strings: offset of each length field in `data`
} gguf_array;

typedef struct gguf_file gguf_file;

/* Opens a file, or all files of a split model when `path` is any of them.  Errors: SW_ENOTFOUND, SW_EIO, SW_EFORMAT,
 * SW_ELIMIT, SW_ENOMEM; the message names file and key or tensor. */
SW_NODISCARD sw_code gguf_open(gguf_file **out, const char *path, sw_err *err);
void gguf_close(gguf_file *g);

const char *gguf_path(const gguf_file *g);
/* Of all files together. */
uint64_t gguf_file_bytes(const gguf_file *g);
int64_t gguf_mtime(const gguf_file *g);

size_t gguf_n_keys(const gguf_file *g);
bool gguf_has(const gguf_file *g, const char *key);

/* Scalars: any integer type whose value fits is accepted, any real for reals.  An absent key gives `fallback` and
 * SW_OK; a wrong type or a value out of range (reals: not finite) is SW_EFORMAT. */
SW_NODISCARD sw_code gguf_u32(const gguf_file *g, const char *key, uint32_t fallback, uint32_t *out, sw_err *err);
SW_NODISCARD sw_code gguf_f32(const gguf_file *g, const char *key, float fallback, float *out, sw_err *err);
SW_NODISCARD sw_code gguf_bool(const gguf_file *g, const char *key, bool fallback, bool *out, sw_err *err);
/* An absent key gives {NULL, 0}. */
SW_NODISCARD sw_code gguf_str(const gguf_file *g, const char *key, str_view *out, sw_err *err);
SW_NODISCARD sw_code gguf_get_array(const gguf_file *g, const char *key, gguf_array *out, sw_err *err);

/* Element i < a->n of an array. */
str_view gguf_array_str(const gguf_array *a, size_t i);           // type STRING
bool gguf_array_int(const gguf_array *a, size_t i, int64_t *out); // any integer or bool type; false otherwise
bool gguf_array_real(const gguf_array *a, size_t i, double *out); // any number type; false otherwise

size_t gguf_n_tensors(const gguf_file *g);
const gguf_tensor *gguf_tensor_at(const gguf_file *g, size_t i);
/* NULL when absent. */
const gguf_tensor *gguf_find_tensor(const gguf_file *g, const char *name);

/* Reads bytes [offset, offset + n) of a tensor's data.  Any thread. */
SW_NODISCARD sw_code gguf_read(const gguf_file *g, const gguf_tensor *t, uint64_t offset, void *dst, size_t n,
                               sw_err *err);

#endif
