/* gguf_writer.h - writing a GGUF container (version 3), piece by piece and atomically.
 *
 * Order of calls: keys, tensor announcements, begin, the data of every tensor in the order announced, commit.  No file
 * has the final name before commit.  Errors are sticky: after the first one, calls do nothing and commit reports it.
 */
#ifndef GGUF_GGUF_WRITER_H
#define GGUF_GGUF_WRITER_H

#include "gguf/gguf.h"

typedef struct gguf_writer gguf_writer;

/* Errors: SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code gguf_writer_open(gguf_writer **out, const char *path, sw_err *err);

/* One key each; texts and arrays are copied. */
void gguf_put_u32(gguf_writer *w, const char *key, uint32_t value);
void gguf_put_f32(gguf_writer *w, const char *key, float value);
void gguf_put_bool(gguf_writer *w, const char *key, bool value);
void gguf_put_str(gguf_writer *w, const char *key, const char *value);
void gguf_put_strs(gguf_writer *w, const char *key, const str_view *values, size_t n);
void gguf_put_i32s(gguf_writer *w, const char *key, const int32_t *values, size_t n);
/* Copies every key of an opened file except those in `except` (a NULL-terminated list). */
void gguf_put_all(gguf_writer *w, const gguf_file *from, const char *const *except);

/* Adds a tensor of shape ne[0..n_dims); ne[0], the contiguous dimension, must be a multiple of the type's block. */
void gguf_announce(gguf_writer *w, str_view name, tensor_type type, int n_dims, const uint64_t *ne);

/* Writes the header. */
void gguf_begin(gguf_writer *w);
/* Writes the next n bytes of tensor data.  A tensor may come in any number of calls; padding is added between tensors.
 */
void gguf_put_data(gguf_writer *w, const void *data, size_t n);

/* Ends the file: every announced byte must have been written.  Frees `w` in any case.  Errors: SW_EINVAL (bytes are
 * missing or too many), SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code gguf_commit(gguf_writer *w, sw_err *err);
/* Leaves no file.  Frees `w`; NULL is accepted. */
void gguf_abandon(gguf_writer *w);

#endif
