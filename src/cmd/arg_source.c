/* arg_source.c - the table, and the options that exclude each other. */
#include "cmd/arg_source.h"

#include <string.h>

enum { ROWS_MAX = 128 }; // `serve` has about 40

static arg_source sources[ROWS_MAX];

void arg_source_clear(void)
{
    memset(sources, 0, sizeof sources);
}

const arg_source *arg_source_of(size_t i)
{
    static const arg_source UNKNOWN;
    return i < ROWS_MAX ? &sources[i] : &UNKNOWN;
}

void arg_source_set(size_t i, arg_source source)
{
    if (i < ROWS_MAX)
        sources[i] = source;
}

static bool exclude_each_other(const char *a, const char *b)
{
    static const char *const PAIRS[][2] = {{"bind", "host"},
                                           {"bind", "port"},
                                           {"cpu-moe", "n-cpu-moe"},
                                           {"kv-type", "cache-type-k"},
                                           {"kv-type", "cache-type-v"}};
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        const int first = strcmp(a, PAIRS[i][0]) == 0 ? 0 : 1;
        if (strcmp(a, PAIRS[i][first]) == 0 && strcmp(b, PAIRS[i][1 - first]) == 0)
            return true;
    }
    return false;
}

bool arg_source_may_set(const arg_list *a, size_t i, arg_origin origin)
{
    const arg_row *const row = arg_list_row(a, i), *other;
    for (size_t k = 0; (other = arg_list_row(a, k)) != NULL; k++) {
        if (arg_source_of(k)->origin > origin && (k == i || exclude_each_other(row->name, other->name)))
            return false;
    }
    return true;
}
