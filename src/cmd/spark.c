/* spark.c - eight heights. */
#include "cmd/spark.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { N_HEIGHTS = 8 };

static const char *const BLOCKS[N_HEIGHTS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const LETTERS[N_HEIGHTS] = {"_", ".", ":", "-", "=", "+", "*", "#"};

void spark_put(buf *out, const double *values, size_t n, double full, bool is_ascii)
{
    for (size_t i = 0; i < n; i++) {
        const double share = full > 0 ? fmin(fmax(values[i] / full, 0), 1) : 0;
        const int height = (int)fmin(share * N_HEIGHTS, N_HEIGHTS - 1);
        buf_puts(out, isnan(values[i]) ? " " : (is_ascii ? LETTERS : BLOCKS)[height]);
    }
}

bool spark_is_utf8_locale(void)
{
    static const char *const NAMES[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        const char *const value = getenv(NAMES[i]);
        if (value == NULL || value[0] == '\0')
            continue;
        const char *const charset = strchr(value, '.');
        return charset != NULL && (strncasecmp(charset, ".utf-8", 6) == 0 || strncasecmp(charset, ".utf8", 5) == 0);
    }
    return false;
}
