/* http_files.c - reads the folder each time, so that a file belongs to the tests by being there. */
#include "support/http_files.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char FOLDER[] = SPILLWAY_TEST_DATA "/http";

static int is_request(const struct dirent *entry)
{
    const size_t n = strlen(entry->d_name);
    return n > 5 && strcmp(entry->d_name + n - 5, ".http") == 0;
}

static void load(const char *name, http_file *file)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", FOLDER, name);
    snprintf(file->name, sizeof file->name, "%s", name);
    file->status = atoi(name);
    FILE *const f = fopen(path, "rb");
    assert_non_null(f);
    file->bytes = calloc(1, 65536);
    assert_non_null(file->bytes);
    file->n = fread(file->bytes, 1, 65535, f);
    fclose(f);
}

int http_files_each(void (*use)(void *ud, const http_file *file), void *ud)
{
    struct dirent **entries;
    const int n = scandir(FOLDER, &entries, is_request, alphasort);
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        http_file file;
        load(entries[i]->d_name, &file);
        use(ud, &file);
        free(file.bytes);
        free(entries[i]);
    }
    free(entries);
    return n;
}
