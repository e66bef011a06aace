/* cold_file.c - posix_fadvise to drop, mmap and mincore to look: a mapping that is never touched reads nothing. */
#include "suite/cold_file.h"

#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOW_PAGES = 1 << 14 }; // that are looked at together: 64 MiB

void cold_file_drop(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    fdatasync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

/* Pages of a part of the file; NAN: not known. */
static double count_pages(int fd, off_t offset, size_t n_bytes, size_t page_bytes)
{
    unsigned char is_there[WINDOW_PAGES];
    void *const map = mmap(NULL, n_bytes, PROT_NONE, MAP_SHARED, fd, offset);
    if (map == MAP_FAILED)
        return NAN;
    double n = mincore(map, n_bytes, is_there) == 0 ? 0 : NAN;
    for (size_t i = 0; !isnan(n) && i < (n_bytes + page_bytes - 1) / page_bytes; i++)
        n += is_there[i] & 1;
    munmap(map, n_bytes);
    return n;
}

/* Returns true if mincore says the truth to this process: of other people's files it says that all pages are there. */
static bool may_look(int fd, const struct stat *st)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return S_ISREG(st->st_mode) && (st->st_uid == geteuid() || access(path, W_OK) == 0);
}

static double count_bytes(int fd, const struct stat *st)
{
    const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE), window = WINDOW_PAGES * page_bytes;
    double n_pages = 0;
    for (off_t at = 0; at < st->st_size; at += (off_t)window) {
        const size_t rest = (size_t)(st->st_size - at);
        n_pages += count_pages(fd, at, rest < window ? rest : window, page_bytes);
    }
    return fmin(n_pages * (double)page_bytes, (double)st->st_size);
}

double cold_file_cached(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0)
        return NAN;
    const double n_bytes = fstat(fd, &st) == 0 && may_look(fd, &st) ? count_bytes(fd, &st) : NAN;
    close(fd);
    return n_bytes;
}
