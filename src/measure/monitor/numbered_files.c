/* numbered_files.c - one look at a folder, and a set of the numbers that are there. */
#include "monitor/numbered_files.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/text_file.h"

/* Returns true if an entry is `prefix`, a number below NUMBERED_FILES_MAX, and `suffix`. */
static bool is_numbered(const char *entry, const char *prefix, const char *suffix, int *number_out)
{
    const size_t n = strlen(prefix);
    const size_t n_digits = strncmp(entry, prefix, n) == 0 ? strspn(entry + n, "0123456789") : 0;
    if (n_digits < 1 || n_digits > 4 || strcmp(entry + n + n_digits, suffix) != 0)
        return false;
    *number_out = (int)strtol(entry + n, NULL, 10);
    return *number_out < NUMBERED_FILES_MAX;
}

size_t numbered_files_list(const char *root, const char *folder, const char *prefix, const char *suffix, int *out,
                           size_t max)
{
    char path[TEXT_FILE_PATH_BYTES];
    bool is_there[NUMBERED_FILES_MAX] = {false};
    const int n = snprintf(path, sizeof path, "%s%s", root, folder);
    DIR *const dir = n >= 0 && n < (int)sizeof path ? opendir(path) : NULL;
    if (dir == NULL)
        return 0;
    int number;
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (is_numbered(e->d_name, prefix, suffix, &number))
            is_there[number] = true;
    }
    closedir(dir);
    size_t n_out = 0;
    for (number = 0; number < NUMBERED_FILES_MAX && n_out < max; number++) {
        if (is_there[number])
            out[n_out++] = number;
    }
    return n_out;
}
