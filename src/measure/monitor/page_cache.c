/* page_cache.c - mincore() over a mapping. */
#include "monitor/page_cache.h"

#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PARTS = 2048, PAGES_WHOLE = 16384 }; // 64 MiB of pages of 4 KiB

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Linux's rule for mincore; the root user is the owner of everything. */
static bool is_answered_truly(int fd, const char *path, struct stat *st)
{
    const uid_t user = geteuid();
    return fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_size > 0 && (uintmax_t)st->st_size <= SIZE_MAX / 2 &&
           (user == 0 || user == st->st_uid || faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0);
}

void page_cache_open(page_cache *c, const char *path)
{
    struct stat st;
    *c = (page_cache){0};
    const int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (fd < 0)
        return;
    if (is_answered_truly(fd, path, &st)) {
        void *const map = mmap(NULL, (size_t)st.st_size, PROT_NONE, MAP_SHARED, fd, 0);
        if (map != MAP_FAILED)
            *c = (page_cache){.map = map, .bytes = (size_t)st.st_size};
    }
    close(fd);
}

/* All pages: the last one may be a part of one. */
static double whole(const page_cache *c, size_t n_pages)
{
    unsigned char is_in[PAGES_WHOLE];
    const size_t page = page_bytes();
    size_t sum = 0;
    if (mincore(c->map, c->bytes, is_in) != 0)
        return NAN;
    for (size_t i = 0; i < n_pages; i++)
        sum += (is_in[i] & 1) == 0 ? 0 : i + 1 < n_pages ? page : c->bytes - i * page;
    return (double)sum;
}

/* One page of each part.  Multiples of the golden ratio spread the pages of a part evenly over the calls. */
static double sampled(page_cache *c, size_t n_pages)
{
    static const double GOLDEN = 0.6180339887498949;
    unsigned char is_in;
    size_t n_in = 0;
    for (size_t i = 0; i < PARTS; i++) {
        const double place = fmod(GOLDEN * (double)(c->turn * PARTS + i), 1);
        const size_t at = (size_t)(((double)i + place) * (double)n_pages / PARTS);
        if (mincore((char *)c->map + at * page_bytes(), 1, &is_in) != 0)
            return NAN;
        n_in += is_in & 1;
    }
    c->turn++;
    return (double)n_in / PARTS * (double)c->bytes;
}

double page_cache_read(page_cache *c)
{
    if (c->map == NULL)
        return NAN;
    const size_t n_pages = (c->bytes + page_bytes() - 1) / page_bytes();
    return n_pages <= PAGES_WHOLE ? whole(c, n_pages) : sampled(c, n_pages);
}

void page_cache_close(page_cache *c)
{
    if (c->map != NULL)
        munmap(c->map, c->bytes);
    c->map = NULL;
}
