/* http_query.c - splits at '&' and '=' before anything is decoded, so that escaped ones are text. */
#include "http/http_query.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "http/http_target.h"

/* False: too long, or a broken escape. */
static bool decode(const char *from, size_t n, char *out, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        int c = from[i] == '+' ? ' ' : (unsigned char)from[i];
        if (from[i] == '%') {
            c = http_target_escape(from + i, n - i);
            i += 2;
        }
        if (c <= 0 || at + 1 >= size)
            return false;
        out[at++] = (char)c;
    }
    out[at] = '\0';
    return true;
}

http_query_result http_query_next(const char **rest, http_param *out)
{
    const char *const begin = *rest + strspn(*rest, "&");
    if (*begin == '\0')
        return HTTP_QUERY_END;
    const size_t n = strcspn(begin, "&"), n_name = strcspn(begin, "=&");
    const char *const value = begin + n_name + (begin[n_name] == '=');
    *rest = begin + n;
    if (!decode(begin, n_name, out->name, sizeof out->name) ||
        !decode(value, (size_t)(*rest - value), out->value, sizeof out->value))
        return HTTP_QUERY_BAD;
    return HTTP_QUERY_PARAM;
}
