/* writer.h - writing a GGUF container (version 3), piece by piece and atomically.
 *
 * Order of calls: keys, tensor announcements, begin, every tensor's data in the order announced, commit.  Nothing
 * stands under the final name before commit.  Errors stick: after the first one, calls do nothing and commit reports
 * it.
 */
#ifndef SW_GGUF_WRITER_H
#define SW_GGUF_WRITER_H

#include "gguf/gguf.h"

typedef struct sw_gguf_writer sw_gguf_writer;

SW_NODISCARD sw_code sw_gguf_writer_open(sw_gguf_writer **out, const char *path, sw_err *err);

void sw_gguf_put_u32(sw_gguf_writer *w, const char *key, uint32_t value);
void sw_gguf_put_f32(sw_gguf_writer *w, const char *key, float value);
void sw_gguf_put_bool(sw_gguf_writer *w, const char *key, bool value);
void sw_gguf_put_str(sw_gguf_writer *w, const char *key, const char *value);
void sw_gguf_put_strs(sw_gguf_writer *w, const char *key, const sw_str *values, size_t n);
void sw_gguf_put_i32s(sw_gguf_writer *w, const char *key, const int32_t *values, size_t n);
/* Copies every key of an opened file but those in `except` (NULL-terminated list). */
void sw_gguf_put_all(sw_gguf_writer *w, const sw_gguf *from, const char *const *except);

/* ne[0] must be a multiple of the type's block. */
void sw_gguf_announce(sw_gguf_writer *w, sw_str name, sw_type type, int n_dims, const uint64_t *ne);

/* Writes the header. */
void sw_gguf_begin(sw_gguf_writer *w);
/* The next n bytes of tensor data; a tensor may come in any number of calls, padding is added between tensors. */
void sw_gguf_put_data(sw_gguf_writer *w, const void *data, size_t n);

/* Ends the file: every announced byte must have been written.  Frees `w` in any case. */
SW_NODISCARD sw_code sw_gguf_commit(sw_gguf_writer *w, sw_err *err);
/* Leaves no file.  Frees `w`; NULL is accepted. */
void sw_gguf_abandon(sw_gguf_writer *w);

#endif
