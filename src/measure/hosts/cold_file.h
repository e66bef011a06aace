/* cold_file.h - takes a model file out of the page cache before a cold start.
 *
 * The kernel may keep pages: of files that another process maps, or of file systems in memory.  So who wants a cold
 * start asks, and then looks what is still there.
 */
#ifndef HOSTS_COLD_FILE_H
#define HOSTS_COLD_FILE_H

/* Asks the kernel to drop the file's pages, after writing back those that are not on storage yet.  A file that cannot
 * be read keeps them. */
void cold_file_drop(const char *path);
/* Bytes of the file that are in the page cache; NAN: not known. */
double cold_file_cached(const char *path);

#endif
