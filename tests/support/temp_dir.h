/* temp_dir.h - files of a test: one fresh directory per program, removed with all it holds when the program ends. */
#ifndef TEST_TEMP_DIR_H
#define TEST_TEMP_DIR_H

#include <stdbool.h>
#include <stddef.h>

typedef struct temp_path {
    char s[512];
} temp_path;

/* The path of `name` in the directory; nothing is created there. */
temp_path temp_file(const char *name);

/* Writes a whole file, or ends the program. */
void temp_write(const char *path, const void *data, size_t n);

/* How many entries the directory has. */
int temp_count(void);

#endif
