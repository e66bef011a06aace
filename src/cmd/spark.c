/* spark.c - eight heights. */
#include "cmd/spark.h"

#include <math.h>

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
