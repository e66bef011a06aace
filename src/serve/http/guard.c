/* guard.c - hosts, origins, keys and numbers as they come in headers; every check accepts a form and nothing beside. */
#include "http/guard.h"

#include <ctype.h>
#include <string.h>

/* Length of the host part of "host:port" or "[address]:port"; 0 if the port is not a number. */
static size_t host_length(const char *authority)
{
    const char *const bracket = authority[0] == '[' ? strchr(authority, ']') : NULL;
    const char *const port = strchr(bracket != NULL ? bracket : authority, ':');
    if (port == NULL)
        return strlen(authority);
    if (port[1] == '\0' || strlen(port + 1) > 5 || strspn(port + 1, "0123456789") != strlen(port + 1))
        return 0;
    return (size_t)(port - authority);
}

/* "127." and three numbers of one to three digits; a name like 127.evil.example is not one. */
static bool is_loopback_ipv4(const char *host, size_t n)
{
    size_t pos = 4;
    if (n < pos || strncmp(host, "127.", pos) != 0)
        return false;
    for (int part = 0; part < 3; part++) {
        size_t digits = 0;
        while (pos < n && isdigit((unsigned char)host[pos])) {
            pos++;
            digits++;
        }
        if (digits < 1 || digits > 3 || (part < 2 && (pos >= n || host[pos++] != '.')))
            return false;
    }
    return pos == n;
}

bool guard_is_loopback_authority(const char *authority)
{
    const size_t n = host_length(authority);
    char host[64];
    if (n == 0 || n >= sizeof host)
        return false;
    for (size_t i = 0; i < n; i++)
        host[i] = (char)tolower((unsigned char)authority[i]);
    host[n] = '\0';
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 || is_loopback_ipv4(host, n);
}

bool guard_is_loopback_origin(const char *origin)
{
    if (strncmp(origin, "http://", 7) == 0)
        return guard_is_loopback_authority(origin + 7);
    return strncmp(origin, "https://", 8) == 0 && guard_is_loopback_authority(origin + 8);
}

/* Compares with one entry of the list. */
static bool is_origin(const char *entry, size_t n, const char *origin)
{
    const bool is_scheme = n > 4 && memcmp(entry + n - 4, "://*", 4) == 0;
    if (is_scheme)
        return strncmp(entry, origin, n - 1) == 0 && origin[n - 1] != '\0';
    return n > 0 && strlen(origin) == n && memcmp(entry, origin, n) == 0;
}

bool guard_is_listed_origin(const char *list, const char *origin)
{
    while (*list != '\0') {
        list += strspn(list, ", ");
        const size_t n = strcspn(list, ", ");
        if (is_origin(list, n, origin))
            return true;
        list += n;
    }
    return false;
}

bool guard_parse_content_length(const char *text, uint64_t *out)
{
    uint64_t n = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (!isdigit((unsigned char)*text) || __builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, (uint64_t)(*text - '0'), &n))
            return false;
    }
    *out = n;
    return true;
}

bool guard_is_request_id(const char *text)
{
    const size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    }
    return n >= 1 && n <= 128;
}

bool guard_is_header_name_list(const char *text)
{
    for (; *text != '\0'; text++) {
        if (!isalnum((unsigned char)*text) && strchr("-_, ", *text) == NULL)
            return false;
    }
    return true;
}

bool guard_same_key(const char *expected, const char *given)
{
    const size_t n_expected = strlen(expected), n_given = strlen(given);
    unsigned char difference = n_expected != n_given;
    for (size_t i = 0; i < n_given; i++)
        difference |= (unsigned char)(given[i] ^ expected[n_expected > 0 ? i % n_expected : 0]);
    return difference == 0;
}
