/* file.c - pread behind a replaceable function; a temporary file and a rename for writes. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

/* ---- reading ---- */

struct infile {
    int fd;
    uint64_t size;
    int64_t mtime;
    char *path;
};

static long system_read_at(void *ud, int fd, void *dst, size_t n, uint64_t offset)
{
    (void)ud;
    return (long)pread(fd, dst, n, (off_t)offset);
}

static const file_io SYSTEM_IO = {system_read_at, NULL};
static file_io io = {system_read_at, NULL};

void file_set_io(const file_io *replacement)
{
    io = replacement != NULL ? *replacement : SYSTEM_IO;
}

sw_code infile_open(infile **out, const char *path, sw_err *err)
{
    *out = NULL;
    // Without O_NONBLOCK a pipe without a writer would block here; regular files ignore the flag.
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return sw_fail(err, errno == ENOENT ? SW_ENOTFOUND : SW_EIO, "cannot open %s: %s", path, strerror(errno));
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return sw_fail(err, SW_EIO, "%s is not a regular file", path);
    }
    infile *const f = mem_calloc(1, sizeof *f);
    char *const copy = mem_strdup(path);
    if (f == NULL || copy == NULL) {
        close(fd);
        mem_free(f);
        mem_free(copy);
        return sw_fail(err, SW_ENOMEM, "out of memory opening %s", path);
    }
    *f = (infile){fd, (uint64_t)st.st_size, (int64_t)st.st_mtime, copy};
    *out = f;
    return SW_OK;
}

void infile_close(infile *f)
{
    if (f == NULL)
        return;
    close(f->fd);
    mem_free(f->path);
    mem_free(f);
}

uint64_t infile_size(const infile *f)
{
    return f->size;
}

int64_t infile_mtime(const infile *f)
{
    return f->mtime;
}

const char *infile_path(const infile *f)
{
    return f->path;
}

bool infile_is_at(const infile *f, const char *path)
{
    struct stat open_file, named;
    return fstat(f->fd, &open_file) == 0 && stat(path, &named) == 0 && open_file.st_dev == named.st_dev &&
           open_file.st_ino == named.st_ino;
}

sw_code infile_read(infile *f, uint64_t offset, void *dst, size_t n, sw_err *err)
{
    uint8_t *p = dst;
    while (n > 0) {
        const size_t chunk = n < (size_t)1 << 30 ? n : (size_t)1 << 30; // the system reads at most 2 GB at once
        const long got = io.read_at(io.ud, f->fd, p, chunk, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return sw_fail(err, SW_EIO, "reading %s at byte %llu failed: %s", f->path, (unsigned long long)offset,
                           strerror(errno));
        if (got == 0)
            return sw_fail(err, SW_EFORMAT, "%s ends at byte %llu but %zu more bytes were expected; is it complete?",
                           f->path, (unsigned long long)offset, n);
        p += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return SW_OK;
}

sw_code file_slurp(const char *path, size_t max, char **data_out, size_t *n_out, sw_err *err)
{
    *data_out = NULL;
    infile *f;
    sw_code code = infile_open(&f, path, err);
    if (code != SW_OK)
        return code;
    char *data = NULL;
    if (f->size > max) {
        code =
            sw_fail(err, SW_ELIMIT, "%s has %llu bytes; at most %zu are read", path, (unsigned long long)f->size, max);
    } else if ((data = mem_alloc((size_t)f->size + 1)) == NULL) {
        code = sw_fail(err, SW_ENOMEM, "out of memory reading %s", path);
    } else {
        code = infile_read(f, 0, data, (size_t)f->size, err);
    }
    if (code == SW_OK) {
        data[f->size] = '\0';
        *data_out = data;
        *n_out = (size_t)f->size;
    } else {
        mem_free(data);
    }
    infile_close(f);
    return code;
}

/* ---- writing ---- */

struct outfile {
    FILE *stream;
    char *path;      // owned
    char *temp_path; // owned; NULL once there is nothing to remove
};

sw_code outfile_open(outfile **out, const char *path, sw_err *err)
{
    *out = NULL;
    struct stat st; // the rename would replace a device or pipe with a file
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return sw_fail(err, SW_EIO, "cannot write %s: it is not a regular file", path);
    outfile *const o = mem_calloc(1, sizeof *o);
    if (o == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory writing %s", path);
    const size_t n = strlen(path) + 32;
    o->path = mem_strdup(path);
    o->temp_path = mem_alloc(n);
    if (o->path == NULL || o->temp_path == NULL) {
        outfile_abandon(o);
        return sw_fail(err, SW_ENOMEM, "out of memory writing %s", path);
    }
    snprintf(o->temp_path, n, "%s.%ld.partial", path, (long)getpid());
    o->stream = fopen(o->temp_path, "wbe");
    if (o->stream == NULL) {
        const sw_code code = sw_fail(err, SW_EIO, "cannot write %s: %s", path, strerror(errno));
        mem_free(o->temp_path);
        o->temp_path = NULL; // nothing to remove
        outfile_abandon(o);
        return code;
    }
    *out = o;
    return SW_OK;
}

sw_code outfile_write(outfile *o, const void *data, size_t n, sw_err *err)
{
    if (n > 0 && fwrite(data, 1, n, o->stream) != n)
        return sw_fail(err, SW_EIO, "writing %s failed: %s", o->path, strerror(errno));
    return SW_OK;
}

sw_code outfile_commit(outfile *o, sw_err *err)
{
    int reason = fflush(o->stream) == 0 && fsync(fileno(o->stream)) == 0 ? 0 : errno; // the first is the cause
    if (fclose(o->stream) != 0 && reason == 0)
        reason = errno;
    o->stream = NULL;
    if (reason == 0 && rename(o->temp_path, o->path) != 0)
        reason = errno;
    sw_code code = SW_OK;
    if (reason != 0) {
        code = sw_fail(err, SW_EIO, "writing %s failed: %s", o->path, strerror(reason));
    } else {
        mem_free(o->temp_path);
        o->temp_path = NULL;
    }
    outfile_abandon(o);
    return code;
}

void outfile_abandon(outfile *o)
{
    if (o == NULL)
        return;
    if (o->stream != NULL)
        fclose(o->stream);
    if (o->temp_path != NULL)
        unlink(o->temp_path);
    mem_free(o->temp_path);
    mem_free(o->path);
    mem_free(o);
}

sw_code file_put(const char *path, const void *data, size_t n, sw_err *err)
{
    outfile *o;
    sw_code code = outfile_open(&o, path, err);
    if (code != SW_OK)
        return code;
    code = outfile_write(o, data, n, err);
    if (code == SW_OK)
        return outfile_commit(o, err);
    outfile_abandon(o);
    return code;
}
