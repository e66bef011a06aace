/* file.h - explicit reads and atomic writes.
 *
 * Reads go through one replaceable function, so that tests can make the n-th read fail or return less.  A file that is
 * written appears under its name only when it is complete: it is written next to it, synced and renamed.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spillway/error.h"

/* A file that is open for reading.  Any thread may read it. */
typedef struct infile infile;

typedef struct file_io {
    /* As pread(2). */
    long (*read_at)(void *ud, int fd, void *dst, size_t n, uint64_t offset);
    void *ud;
} file_io;

/* Replaces the reads of all files; NULL restores the system's.  Not thread-safe. */
void file_set_io(const file_io *io);

/* Opens a regular file.  Errors: SW_ENOTFOUND, SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code infile_open(infile **out, const char *path, sw_err *err);
/* NULL is accepted. */
void infile_close(infile *f);
uint64_t infile_size(const infile *f); // bytes, when it was opened
int64_t infile_mtime(const infile *f); // seconds since 1970
const char *infile_path(const infile *f);
/* Returns true if `path` names this very file: by whatever name, through links of either kind. */
bool infile_is_at(const infile *f, const char *path);
/* Reads exactly n bytes.  Errors: SW_EIO, SW_EFORMAT (the file ends early). */
SW_NODISCARD sw_code infile_read(infile *f, uint64_t offset, void *dst, size_t n, sw_err *err);
/* Reads a whole file of at most max bytes into *data_out, NUL-terminated; free it with mem_free.  Errors: those of
 * infile_open and infile_read, SW_ELIMIT. */
SW_NODISCARD sw_code file_slurp(const char *path, size_t max, char **data_out, size_t *n_out, sw_err *err);

/* A file that is being written.  One thread at a time. */
typedef struct outfile outfile;

/* Starts writing `path`; a file of that name is unchanged until outfile_commit.  It must not be a device, pipe or
 * folder. Errors: SW_EIO, SW_ENOMEM, here and below. */
SW_NODISCARD sw_code outfile_open(outfile **out, const char *path, sw_err *err);
SW_NODISCARD sw_code outfile_write(outfile *o, const void *data, size_t n, sw_err *err);
/* Syncs, renames, and closes `o` in any case.  On failure the new file is removed. */
SW_NODISCARD sw_code outfile_commit(outfile *o, sw_err *err);
/* Removes the new file and closes `o`.  NULL is accepted. */
void outfile_abandon(outfile *o);

/* Writes a whole file atomically. */
SW_NODISCARD sw_code file_put(const char *path, const void *data, size_t n, sw_err *err);

#endif
