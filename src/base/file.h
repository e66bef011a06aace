/* file.h - explicit reads, atomic writes.
 *
 * Reads go through one replaceable function, so that tests can make the n-th read fail or come up short.  A file that
 * we write appears under its name only when it is whole: it is written beside it, synced and renamed.
 */
#ifndef SW_FILE_H
#define SW_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "spillway/error.h"

typedef struct sw_file sw_file;

typedef struct sw_io {
    /* As pread(2). */
    long (*read_at)(void *ud, int fd, void *dst, size_t n, uint64_t offset);
    void *ud;
} sw_io;

/* Replaces how files are read; NULL restores the system's.  Not thread-safe. */
void sw_set_io(const sw_io *io);

SW_NODISCARD sw_code sw_file_open(sw_file **out, const char *path, sw_err *err);
void sw_file_close(sw_file *f);
uint64_t sw_file_size(const sw_file *f);
int64_t sw_file_mtime(const sw_file *f);
const char *sw_file_path(const sw_file *f);
/* Reads exactly n bytes; a file that ends early is SW_EFORMAT.  Any thread. */
SW_NODISCARD sw_code sw_file_read(sw_file *f, uint64_t offset, void *dst, size_t n, sw_err *err);
/* Reads a whole small file (at most max bytes) into *data_out, NUL-terminated; free with sw_free. */
SW_NODISCARD sw_code sw_file_slurp(const char *path, size_t max, char **data_out, size_t *n_out, sw_err *err);

typedef struct sw_outfile sw_outfile;

/* Starts writing `path`; what stands there stays until sw_outfile_commit.  It must not be a device, pipe or folder. */
SW_NODISCARD sw_code sw_outfile_open(sw_outfile **out, const char *path, sw_err *err);
SW_NODISCARD sw_code sw_outfile_write(sw_outfile *o, const void *data, size_t n, sw_err *err);
/* Syncs and renames; closes `o` in any case.  On failure nothing is left behind. */
SW_NODISCARD sw_code sw_outfile_commit(sw_outfile *o, sw_err *err);
/* Removes what was written; closes `o`.  NULL is accepted. */
void sw_outfile_abandon(sw_outfile *o);

/* Writes a whole small file atomically. */
SW_NODISCARD sw_code sw_file_put(const char *path, const void *data, size_t n, sw_err *err);

#endif
