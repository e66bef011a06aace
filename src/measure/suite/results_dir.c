/* results_dir.c - names folders. */
#include "suite/results_dir.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"

const char *results_dir_name(int64_t unix_ms, const char *name, arena *keep)
{
    enum { NAME_BYTES_MAX = 60 };
    size_t n = strlen(name);
    if (n > 5 && strcmp(name + n - 5, ".gguf") == 0)
        n -= 5;
    while (n > 0 && !isalnum((unsigned char)name[n - 1]))
        n--;
    char stamp[32];
    const time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    char safe[NAME_BYTES_MAX + 1];
    size_t n_safe = 0;
    for (; n_safe < n && n_safe < NAME_BYTES_MAX; n_safe++)
        safe[n_safe] = isalnum((unsigned char)name[n_safe]) || strchr("-_.", name[n_safe]) != NULL ? name[n_safe] : '-';
    safe[n_safe] = '\0';
    char path[sizeof stamp + sizeof safe + 16];
    snprintf(path, sizeof path, "results/%s-%s", stamp, safe);
    return arena_copy(keep, path, strlen(path));
}

const char *results_dir_join(const char *dir, const char *name, arena *keep)
{
    buf path;
    buf_init(&path, 65536);
    buf_printf(&path, "%s/%s", dir, name);
    const char *const joined = path.failed == SW_OK ? arena_copy(keep, buf_str(&path), path.size) : NULL;
    buf_free(&path);
    return joined;
}
