/* gguf_values.h - what a header says: values under keys, and tensors.
 *
 * The lowest layer of this room.  Everything here is a view into the bytes of a header that is checked already.
 */
#ifndef GGUF_GGUF_VALUES_H
#define GGUF_GGUF_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gguf/types.h"
#include "spillway/error.h"

/* Bytes that belong to something else and are not NUL-terminated. */
typedef struct str_view {
    const char *data;
    size_t size;
} str_view;

/* True if the view holds exactly the text z. */
bool str_view_eq(str_view s, const char *z);

/* Types of metadata values; the numbers are the format's. */
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

/* Bytes of a scalar; 0 for strings and arrays. */
size_t gguf_value_bytes(gguf_value type);

/* ---- arrays ---- */

/* An array value; `n` is 0 if the key is absent. */
typedef struct gguf_array {
    gguf_value type; // of the elements
    size_t n;
    const uint8_t *data;         // packed little-endian elements; for strings use gguf_array_str
    const uint64_t *str_offsets; // (n), strings only: offset of each length field in `data`
} gguf_array;

/* Element i < a->n of an array. */
str_view gguf_array_str(const gguf_array *a, size_t i);           // type STRING
bool gguf_array_int(const gguf_array *a, size_t i, int64_t *out); // any integer or bool type; false otherwise
bool gguf_array_real(const gguf_array *a, size_t i, double *out); // any number type; false otherwise

/* ---- keys ---- */

typedef struct gguf_kv {
    str_view key;
    gguf_value type;
    const uint8_t *data; // of scalars: the value; of strings: the bytes
    uint64_t size;       // of strings: their length
    gguf_array array;    // of arrays
} gguf_kv;

/* A key that was looked up in a file; key and path are for messages. */
typedef struct gguf_lookup {
    const gguf_kv *kv; // NULL: the file does not have the key
    const char *key;
    const char *path;
} gguf_lookup;

/* The value of a key as a C type, by the rules of gguf.h: an absent key gives the fallback. */
SW_NODISCARD sw_code gguf_lookup_u32(gguf_lookup l, uint32_t fallback, uint32_t *out, sw_err *err);
SW_NODISCARD sw_code gguf_lookup_i64(gguf_lookup l, int64_t fallback, int64_t *out, sw_err *err);
SW_NODISCARD sw_code gguf_lookup_f32(gguf_lookup l, float fallback, float *out, sw_err *err);
SW_NODISCARD sw_code gguf_lookup_bool(gguf_lookup l, bool fallback, bool *out, sw_err *err);
SW_NODISCARD sw_code gguf_lookup_str(gguf_lookup l, str_view *out, sw_err *err);
SW_NODISCARD sw_code gguf_lookup_array(gguf_lookup l, gguf_array *out, sw_err *err);

/* ---- tensors ---- */

typedef struct gguf_tensor {
    str_view name;
    tensor_type type;
    int n_dims;
    uint64_t ne[4];  // ne[0] contiguous; missing dimensions are 1; each at least 1
    int file;        // index of the split file that holds it
    uint64_t offset; // bytes from the start of that file
    uint64_t bytes;
} gguf_tensor;

#endif
