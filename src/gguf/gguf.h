/* gguf.h - reading the header of a GGUF container (versions 2 and 3, split files), which is untrusted input.
 *
 * Opening checks every count, length, offset and dimension against overflow, the named limits and the file's size, so
 * that nothing that follows needs to.  Strings and arrays are views into the header, which stays in memory while the
 * sw_gguf lives.  Tensor data is read explicitly with sw_gguf_read, never mapped.
 */
#ifndef SW_GGUF_H
#define SW_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gguf/types.h"
#include "spillway/error.h"

/* Bytes that are not ours and not NUL-terminated. */
typedef struct sw_str {
    const char *data;
    size_t size;
} sw_str;

bool sw_str_eq(sw_str s, const char *z);

typedef enum sw_gguf_value {
    SW_GGUF_U8,
    SW_GGUF_I8,
    SW_GGUF_U16,
    SW_GGUF_I16,
    SW_GGUF_U32,
    SW_GGUF_I32,
    SW_GGUF_F32,
    SW_GGUF_BOOL,
    SW_GGUF_STRING,
    SW_GGUF_ARRAY,
    SW_GGUF_U64,
    SW_GGUF_I64,
    SW_GGUF_F64,
    SW_GGUF_N_VALUES
} sw_gguf_value;

typedef struct sw_gguf_tensor {
    sw_str name;
    sw_type type;
    int n_dims;
    uint64_t ne[4];  // ne[0] contiguous; missing dimensions are 1; each at least 1
    int file;        // index of the split file that holds it
    uint64_t offset; // absolute, in that file
    uint64_t bytes;
} sw_gguf_tensor;

/* An array value; `n` is 0 when the key is absent. */
typedef struct sw_gguf_array {
    sw_gguf_value type; // of the elements
    size_t n;
    const uint8_t *data;         // packed little-endian elements; for strings use sw_gguf_array_str
    const uint64_t *str_offsets; // strings: offset of each length field in `data`
} sw_gguf_array;

typedef struct sw_gguf sw_gguf;

/* Opens a file, or all files of a split model when `path` is any of them.  Errors: SW_ENOTFOUND, SW_EIO, SW_EFORMAT,
 * SW_ELIMIT, SW_ENOMEM; the message names file and key or tensor. */
SW_NODISCARD sw_code sw_gguf_open(sw_gguf **out, const char *path, sw_err *err);
void sw_gguf_close(sw_gguf *g);

const char *sw_gguf_path(const sw_gguf *g);
/* Of all files together. */
uint64_t sw_gguf_file_bytes(const sw_gguf *g);
int64_t sw_gguf_mtime(const sw_gguf *g);

size_t sw_gguf_n_keys(const sw_gguf *g);
bool sw_gguf_has(const sw_gguf *g, const char *key);

/* Scalars: any integer type whose value fits is accepted, any real for reals.  An absent key gives `fallback` and
 * SW_OK; a wrong type or a value out of range (reals: not finite) is SW_EFORMAT. */
SW_NODISCARD sw_code sw_gguf_u32(const sw_gguf *g, const char *key, uint32_t fallback, uint32_t *out, sw_err *err);
SW_NODISCARD sw_code sw_gguf_f32(const sw_gguf *g, const char *key, float fallback, float *out, sw_err *err);
SW_NODISCARD sw_code sw_gguf_bool(const sw_gguf *g, const char *key, bool fallback, bool *out, sw_err *err);
/* An absent key gives {NULL, 0}. */
SW_NODISCARD sw_code sw_gguf_str(const sw_gguf *g, const char *key, sw_str *out, sw_err *err);
SW_NODISCARD sw_code sw_gguf_get_array(const sw_gguf *g, const char *key, sw_gguf_array *out, sw_err *err);

/* Element i < a->n of an array. */
sw_str sw_gguf_array_str(const sw_gguf_array *a, size_t i);             // type STRING
bool sw_gguf_array_int(const sw_gguf_array *a, size_t i, int64_t *out); // any integer or bool type; false otherwise
bool sw_gguf_array_real(const sw_gguf_array *a, size_t i, double *out); // any number type; false otherwise

size_t sw_gguf_n_tensors(const sw_gguf *g);
const sw_gguf_tensor *sw_gguf_tensor_at(const sw_gguf *g, size_t i);
/* NULL when absent. */
const sw_gguf_tensor *sw_gguf_find_tensor(const sw_gguf *g, const char *name);

/* Reads bytes [offset, offset + n) of a tensor's data.  Any thread. */
SW_NODISCARD sw_code sw_gguf_read(const sw_gguf *g, const sw_gguf_tensor *t, uint64_t offset, void *dst, size_t n,
                                  sw_err *err);

#endif
