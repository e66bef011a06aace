/* page_cache.h - how much of a file is in the page cache.
 *
 * Asking for every page of a model of 12 GB takes a quarter of a second.  A file of up to 64 MiB is asked for whole;
 * of a larger one one page in each of 2048 equal parts is, another one at each call.  The error of the sum is below 3 %
 * of the file in 99 of 100 calls, and much less where runs of pages are cached, as they are.
 */
#ifndef MONITOR_PAGE_CACHE_H
#define MONITOR_PAGE_CACHE_H

#include <stddef.h>

typedef struct page_cache {
    void *map; // of the whole file, which nothing ever reads through it; NULL: the file cannot be asked for
    size_t bytes;
    unsigned long turn;
} page_cache;

/* path NULL: nothing is asked for.  Linux answers truly only to those who own the file or may write it: for others the
 * figure stays unknown. */
void page_cache_open(page_cache *c, const char *path);
/* Bytes of the file that are in memory; NAN: not known. */
double page_cache_read(page_cache *c);
void page_cache_close(page_cache *c);

#endif
