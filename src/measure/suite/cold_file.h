/* cold_file.h - takes a file out of the page cache, and looks at what of it is there.
 *
 * The kernel may keep pages: of files that another process maps, or that are being written.  So who wants a cold start
 * asks, and then looks.
 */
#ifndef SUITE_COLD_FILE_H
#define SUITE_COLD_FILE_H

/* Asks the kernel to drop the file's pages, after writing back those that are not on storage yet.  A file that cannot
 * be read keeps them. */
void cold_file_drop(const char *path);
/* Bytes of the file that are in the page cache; NAN: not known. */
double cold_file_cached(const char *path);

#endif
