/* gguf.h - a model as one GGUF container (versions 2 and 3), which is untrusted input.  The door of this room.
 *
 * Opening checks every count, length, offset and dimension against overflow, the named limits and the size of the file,
 * so no user of an opened file needs to.  Strings and arrays are views into the header, which is in memory until
 * gguf_close.  Tensor data is read explicitly with gguf_read, never mapped.  An opened file does not change: any thread
 * may read it.
 */
#ifndef GGUF_GGUF_H
#define GGUF_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gguf/gguf_values.h"
#include "spillway/error.h"

typedef struct gguf_file gguf_file;

/* Opens a file, or all files of a split model if `path` is one of them.  Errors: SW_ENOTFOUND, SW_EIO, SW_EFORMAT,
 * SW_ELIMIT, SW_ENOMEM; the message names file and key or tensor. */
SW_NODISCARD sw_code gguf_open(gguf_file **out, const char *path, sw_err *err);
/* NULL is accepted. */
void gguf_close(gguf_file *g);

/* Of the first file; belongs to g. */
const char *gguf_path(const gguf_file *g);
/* Returns true if `path` names one of the files that were opened, by whatever name or link. */
bool gguf_is_at(const gguf_file *g, const char *path);
/* Of all files together. */
uint64_t gguf_file_bytes(const gguf_file *g);
/* Seconds since 1970, of the first file. */
int64_t gguf_mtime(const gguf_file *g);

/* ---- metadata ---- */

size_t gguf_n_keys(const gguf_file *g);
bool gguf_has(const gguf_file *g, const char *key);
/* Key number i < gguf_n_keys, in the order of the file. */
const gguf_kv *gguf_key_at(const gguf_file *g, size_t i);

/* The value of a key.  Any integer type is accepted for an integer if the value fits, and any number type for a real.
 * An absent key gives `fallback` and SW_OK; a wrong type or a value out of range (for reals: not finite) is SW_EFORMAT.
 */
SW_NODISCARD sw_code gguf_u32(const gguf_file *g, const char *key, uint32_t fallback, uint32_t *out, sw_err *err);
SW_NODISCARD sw_code gguf_i64(const gguf_file *g, const char *key, int64_t fallback, int64_t *out, sw_err *err);
SW_NODISCARD sw_code gguf_f32(const gguf_file *g, const char *key, float fallback, float *out, sw_err *err);
SW_NODISCARD sw_code gguf_bool(const gguf_file *g, const char *key, bool fallback, bool *out, sw_err *err);
/* An absent key gives {NULL, 0}; strings and arrays are views that live as long as g. */
SW_NODISCARD sw_code gguf_str(const gguf_file *g, const char *key, str_view *out, sw_err *err);
SW_NODISCARD sw_code gguf_get_array(const gguf_file *g, const char *key, gguf_array *out, sw_err *err);

/* ---- tensors ---- */

size_t gguf_n_tensors(const gguf_file *g);
/* Tensor number i < gguf_n_tensors, in the order of the files. */
const gguf_tensor *gguf_tensor_at(const gguf_file *g, size_t i);
/* NULL if there is none of that name. */
const gguf_tensor *gguf_find_tensor(const gguf_file *g, const char *name);

/* Reads bytes [offset, offset + n) of a tensor's data.  Any thread.  Errors: SW_EINVAL (outside the tensor), SW_EIO,
 * SW_EFORMAT (the file ends early). */
SW_NODISCARD sw_code gguf_read(const gguf_file *g, const gguf_tensor *t, uint64_t offset, void *dst, size_t n,
                               sw_err *err);

#endif
