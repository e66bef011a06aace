/* file.h - explicit reads, atomic writes.
 *
 * Reads go through one replaceable function, so that tests can make the n-th read fail or come up short.  A file that
 * we write appears under its name only when it is whole: it is written beside it, synced and renamed.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "spillway/error.h"

typedef struct infile infile;

typedef struct file_io {
    /* As pread(2). */
    long (*read_at)(void *ud, int fd, void *dst, size_t n, uint64_t offset);
    void *ud;
} file_io;

/* Replaces how files are read; NULL restores the system's.  Not thread-safe. */
void file_set_io(const file_io *io);

SW_NODISCARD sw_code infile_open(infile **out, const char *path, sw_err *err);
void infile_close(infile *f);
uint64_t infile_size(const infile *f);
int64_t infile_mtime(const infile *f);
const char *infile_path(const infile *f);
/* Reads exactly n bytes; a file that ends early is SW_EFORMAT.  Any thread. */
SW_NODISCARD sw_code infile_read(infile *f, uint64_t offset, void *dst, size_t n, sw_err *err);
/* Reads a whole small file (at most max bytes) into *data_out, NUL-terminated; free with mem_free. */
SW_NODISCARD sw_code file_slurp(const char *path, size_t max, char **data_out, size_t *n_out, sw_err *err);

typedef struct outfile outfile;

/* Starts writing `path`; what stands there stays until outfile_commit.  It must not be a device, pipe or folder. */
SW_NODISCARD sw_code outfile_open(outfile **out, const char *path, sw_err *err);
SW_NODISCARD sw_code outfile_write(outfile *o, const void *data, size_t n, sw_err *err);
/* Syncs and renames; closes `o` in any case.  On failure nothing is left behind. */
SW_NODISCARD sw_code outfile_commit(outfile *o, sw_err *err);
/* Removes what was written; closes `o`.  NULL is accepted. */
void outfile_abandon(outfile *o);

/* Writes a whole small file atomically. */
SW_NODISCARD sw_code file_put(const char *path, const void *data, size_t n, sw_err *err);

#endif
