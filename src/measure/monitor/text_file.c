/* text_file.c - open, pread, close. */
#include "monitor/text_file.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

text_file text_file_open(const char *root, const char *format, ...)
{
    char path[TEXT_FILE_PATH_BYTES];
    va_list args;
    va_start(args, format);
    const int n = snprintf(path, sizeof path, "%s", root);
    const int m = n >= 0 && n < (int)sizeof path ? vsnprintf(path + n, sizeof path - (size_t)n, format, args) : -1;
    va_end(args);
    if (m < 0 || m >= (int)sizeof path - n)
        return (text_file){-1};
    text_file f = {open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    struct stat st;
    if (f.fd >= 0 && (fstat(f.fd, &st) != 0 || !S_ISREG(st.st_mode)))
        text_file_close(&f);
    return f;
}

size_t text_file_read_at(const text_file *f, size_t offset, char *text, size_t size)
{
    size_t n = 0;
    ssize_t got = 1;
    while (f->fd >= 0 && got > 0 && n + 1 < size) {
        got = pread(f->fd, text + n, size - 1 - n, (off_t)(offset + n));
        n += got > 0 ? (size_t)got : 0;
    }
    text[n] = '\0';
    return strlen(text);
}

size_t text_file_read(const text_file *f, char *text, size_t size)
{
    return text_file_read_at(f, 0, text, size);
}

void text_file_close(text_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}
