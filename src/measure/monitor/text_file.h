/* text_file.h - a small file of /proc or /sys, opened once and read again at every sample.
 *
 * Such a file writes itself anew whenever it is read from its start.  Reads are bounded and never wait; what cannot be
 * opened or read is an empty text, because a figure that is missing must not stop a benchmark.
 */
#ifndef MONITOR_TEXT_FILE_H
#define MONITOR_TEXT_FILE_H

#include <stddef.h>

#include "spillway/error.h"

enum { TEXT_FILE_PATH_BYTES = 4096 };

typedef struct text_file {
    int fd; // -1: there is no such file
} text_file;

/* The path is root + the format.  Anything but a regular file is as if it were absent. */
text_file text_file_open(const char *root, const char *format, ...) SW_PRINTF(2, 3);
/* Writes at most size - 1 bytes and a NUL; returns the length of the text, which ends at a NUL of the file. */
size_t text_file_read(const text_file *f, char *text, size_t size);
/* The same from a byte of the file on. */
size_t text_file_read_at(const text_file *f, size_t offset, char *text, size_t size);
void text_file_close(text_file *f);

#endif
