#include "support/faults.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

// The engine's own thread allocates too.
static _Atomic long n_allocs, n_live, n_reads;
static long alloc_fails_at, read_fails_at;
static faults_read read_fails_how;

static void *resize(void *ud, void *p, size_t size)
{
    (void)ud;
    if (size == 0) {
        if (p != NULL)
            atomic_fetch_sub(&n_live, 1);
        free(p);
        return NULL;
    }
    if (atomic_fetch_add(&n_allocs, 1) == alloc_fails_at)
        return NULL;
    void *const q = realloc(p, size);
    if (p == NULL && q != NULL)
        atomic_fetch_add(&n_live, 1);
    return q;
}

void faults_alloc_begin(long fail_at)
{
    static const mem_allocator FAULTY = {resize, NULL};
    alloc_fails_at = fail_at;
    n_allocs = 0;
    n_live = 0;
    mem_set_allocator(&FAULTY);
}

long faults_alloc_end(long *n_live_out)
{
    mem_set_allocator(NULL);
    *n_live_out = n_live;
    return n_allocs;
}

static long read_at(void *ud, int fd, void *dst, size_t n, uint64_t offset)
{
    (void)ud;
    const long call = atomic_fetch_add(&n_reads, 1);
    if (read_fails_how == FAULTS_ONE_BYTE) {
        errno = EINTR;
        return call % 2 == 0 ? -1 : (long)pread(fd, dst, 1, (off_t)offset);
    }
    if (read_fails_at < 0 || call < read_fails_at)
        return (long)pread(fd, dst, n, (off_t)offset);
    errno = EIO;
    return read_fails_how == FAULTS_EIO ? -1 : 0;
}

void faults_read_begin(long fail_at, faults_read how)
{
    static const file_io FAULTY = {read_at, NULL};
    n_reads = 0;
    read_fails_at = fail_at;
    read_fails_how = how;
    file_set_io(&FAULTY);
}

long faults_read_end(void)
{
    file_set_io(NULL);
    return n_reads;
}
