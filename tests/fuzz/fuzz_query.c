/* Queries of URLs: every parameter is terminated and within its bounds, the reader moves on with each, and the
 * parameters of two queries that are joined by '&' are those of the first and then those of the second. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fuzz_check.h"
#include "http/http_query.h"

enum { BYTES_MAX = 4096 };

/* The number of parameters; -1: one is bad. */
static int count(const char *query)
{
    const char *rest = query;
    for (int n = 0;; n++) {
        http_param p;
        const char *const before = rest;
        memset(&p, 'x', sizeof p);
        const http_query_result result = http_query_next(&rest, &p);
        if (result != HTTP_QUERY_PARAM)
            return result == HTTP_QUERY_END ? n : -1;
        check(rest > before && rest <= query + strlen(query));
        check(memchr(p.name, '\0', sizeof p.name) != NULL && memchr(p.value, '\0', sizeof p.value) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char first[BYTES_MAX + 1], second[BYTES_MAX + 1], both[2 * BYTES_MAX + 2];
    const size_t n = size > 0 ? data[0] % size : 0;
    if (size > BYTES_MAX || size == 0 || memchr(data, '\0', size) != NULL)
        return 0;
    memcpy(first, data, n);
    first[n] = '\0';
    memcpy(second, data + n, size - n);
    second[size - n] = '\0';
    strcpy(both, first);
    strcat(both, "&");
    strcat(both, second);
    const int a = count(first), b = count(second);
    check(count(both) == (a < 0 || b < 0 ? -1 : a + b));
    return 0;
}
