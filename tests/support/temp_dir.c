#define _XOPEN_SOURCE 700 // nftw
#include "support/temp_dir.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char dir[256];

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void remove_dir(void)
{
    nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void need_dir(void)
{
    if (dir[0] != '\0')
        return;
    const char *const parent = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/spillway-test-XXXXXX", parent != NULL ? parent : "/tmp");
    if (mkdtemp(dir) == NULL) {
        perror(dir);
        abort();
    }
    atexit(remove_dir);
}

temp_path temp_file(const char *name)
{
    need_dir();
    temp_path p;
    snprintf(p.s, sizeof p.s, "%s/%s", dir, name);
    return p;
}

void temp_write(const char *path, const void *data, size_t n)
{
    FILE *const f = fopen(path, "wb");
    if (f == NULL || fwrite(data, 1, n, f) != n || fclose(f) != 0) {
        perror(path);
        abort();
    }
}

int temp_count(void)
{
    need_dir();
    DIR *const d = opendir(dir);
    if (d == NULL)
        abort();
    int n = 0;
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}
