/* http_files.h - the requests of tests/data/http. */
#ifndef TEST_HTTP_FILES_H
#define TEST_HTTP_FILES_H

#include <stddef.h>

typedef struct http_file {
    char name[256];
    int status;  // that the name begins with
    char *bytes; // NUL-terminated
    size_t n;
} http_file;

/* Calls `use` with every file, in order of their names, and returns how many there are. */
int http_files_each(void (*use)(void *ud, const http_file *file), void *ud);

#endif
