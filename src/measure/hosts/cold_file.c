/* cold_file.c - posix_fadvise to drop, the monitor's page cache to look. */
#include "hosts/cold_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "monitor/page_cache.h"

void cold_file_drop(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    fdatasync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

double cold_file_cached(const char *path)
{
    page_cache cache;
    page_cache_open(&cache, path);
    const double bytes = page_cache_read(&cache);
    page_cache_close(&cache);
    return bytes;
}
