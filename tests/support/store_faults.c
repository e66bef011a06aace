/* store_faults.c - replaces the system calls of SQLite's own storage layer, which has names for that. */
#define _GNU_SOURCE // pwrite64
#include "support/store_faults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

typedef enum fault { FAULT_NONE, FAULT_FULL, FAULT_KILL, FAULT_FORBID } fault;

static fault kind;
static long left; // bytes or writes
static bool forbids_reading;

/* How many bytes of a write that ends at `end` are beyond the end of the file. */
static size_t growth_of(int fd, size_t n, off_t at)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || at + (off_t)n <= st.st_size)
        return 0;
    const off_t growth = at + (off_t)n - st.st_size;
    return growth < (off_t)n ? (size_t)growth : n;
}

/* The bytes that a write may write; 0: it fails. */
static size_t allow(int fd, size_t n, off_t at)
{
    if (kind != FAULT_FULL)
        return n;
    const size_t growth = growth_of(fd, n, at);
    const size_t missing = growth > (size_t)left ? growth - (size_t)left : 0;
    left -= (long)(growth - missing);
    return n - missing;
}

static ssize_t faulty_pwrite(int fd, const void *data, size_t n, off_t at)
{
    if (kind == FAULT_KILL && left-- == 0) {
        const ssize_t n_half = pwrite(fd, data, n / 2, at);
        (void)n_half; // the process ends whatever it is
        kill(getpid(), SIGKILL);
    }
    const size_t n_allowed = allow(fd, n, at);
    if (n_allowed == 0 && n > 0) {
        errno = ENOSPC;
        return -1;
    }
    return pwrite(fd, data, n_allowed, at);
}

static ssize_t faulty_write(int fd, const void *data, size_t n)
{
    const off_t at = lseek(fd, 0, SEEK_CUR);
    const ssize_t n_written = faulty_pwrite(fd, data, n, at);
    if (n_written > 0)
        lseek(fd, n_written, SEEK_CUR);
    return n_written;
}

static int faulty_open(const char *path, int flags, int mode)
{
    if (kind == FAULT_FORBID && (forbids_reading || (flags & O_ACCMODE) != O_RDONLY)) {
        errno = EACCES;
        return -1;
    }
    return open(path, flags, mode);
}

/* SQLite uses the one of the three writes that its build found. */
static void install(fault fault_kind, long n)
{
    static const struct {
        const char *name;
        sqlite3_syscall_ptr call;
    } CALLS[] = {{"write", (sqlite3_syscall_ptr)faulty_write},
                 {"pwrite", (sqlite3_syscall_ptr)faulty_pwrite},
                 {"pwrite64", (sqlite3_syscall_ptr)faulty_pwrite},
                 {"open", (sqlite3_syscall_ptr)faulty_open}};
    sqlite3_vfs *const vfs = sqlite3_vfs_find(NULL);
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        if (vfs->xGetSystemCall(vfs, CALLS[i].name) != NULL &&
            vfs->xSetSystemCall(vfs, CALLS[i].name, fault_kind == FAULT_NONE ? NULL : CALLS[i].call) != SQLITE_OK)
            abort();
    }
    kind = fault_kind;
    left = n;
}

void store_faults_full(long n_bytes)
{
    install(FAULT_FULL, n_bytes);
}

void store_faults_kill(long n_writes)
{
    install(FAULT_KILL, n_writes);
}

void store_faults_forbid(bool reading_too)
{
    forbids_reading = reading_too;
    install(FAULT_FORBID, 0);
}

void store_faults_end(void)
{
    install(FAULT_NONE, 0);
}
