/* http_query.c - "a=b&c", where empty parameters between two '&' are none. */
#include "http/http_query.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes text[0..n) into out; returns false if it is not possible. */
static bool decode(const char *text, size_t n, char *out, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i] == '+' ? ' ' : text[i];
        if (c == '%') {
            const int high = i + 2 < n ? hex_digit(text[i + 1]) : -1, low = i + 2 < n ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || at + 1 >= size)
            return false;
        out[at++] = c;
    }
    out[at] = '\0';
    return true;
}

http_query_end http_query_next(const char **query, http_param *out)
{
    *query += strspn(*query, "&");
    const size_t n = strcspn(*query, "&"), n_name = strcspn(*query, "=&");
    if (n == 0)
        return HTTP_QUERY_END;
    const char *const value = *query + n_name + (n_name < n);
    const bool is_good = decode(*query, n_name, out->name, sizeof out->name) &&
                         decode(value, n - (size_t)(value - *query), out->value, sizeof out->value);
    *query += n;
    return is_good ? HTTP_QUERY_PARAM : HTTP_QUERY_BAD;
}
