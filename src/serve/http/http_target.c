/* http_target.c - request targets; nothing is normalized but percent escapes, since routes compare whole paths. */
#include "http/http_target.h"

#include <string.h>
#include <strings.h>

#include "http/http_problem.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool http_target_is_authority(const char *s, size_t n)
{
    static const char OTHERS[] = "-._~!$&'()*+,;=%:[]";
    for (size_t i = 0; i < n; i++) {
        const char lower = (char)(s[i] | 0x20);
        const bool is_plain = (lower >= 'a' && lower <= 'z') || (s[i] >= '0' && s[i] <= '9');
        if (!is_plain && memchr(OTHERS, s[i], sizeof OTHERS - 1) == NULL)
            return false;
    }
    return true;
}

/* Length of "http://" or "https://" at the beginning; 0 if there is neither. */
static size_t scheme_length(const char *target)
{
    if (strncasecmp(target, "http://", 7) == 0)
        return 7;
    return strncasecmp(target, "https://", 8) == 0 ? 8 : 0;
}

bool http_target_split(const char *target, const char *method, http_target *out, http_problem *p)
{
    *out = (http_target){.query = ""};
    if (strcmp(target, "*") == 0) {
        out->path = target;
        out->n_path = 1;
        return strcmp(method, "OPTIONS") == 0 || http_problem_set(p, HTTP_BAD_HEAD, "the target * is for OPTIONS only");
    }
    const size_t n_scheme = scheme_length(target);
    if (n_scheme > 0) {
        out->authority = target + n_scheme;
        out->n_authority = strcspn(out->authority, "/?");
        if (out->n_authority == 0 || !http_target_is_authority(out->authority, out->n_authority))
            return http_problem_set(p, HTTP_BAD_HEAD, "the target of the request has no valid host");
        target = out->authority + out->n_authority;
    } else if (target[0] != '/') {
        return http_problem_set(p, HTTP_BAD_HEAD, "the target of the request must begin with / or http://");
    }
    if (strchr(target, '#') != NULL)
        return http_problem_set(p, HTTP_BAD_HEAD, "the target of the request has a fragment (#)");
    out->path = target;
    out->n_path = strcspn(target, "?");
    if (target[out->n_path] == '?')
        out->query = target + out->n_path + 1;
    return true;
}

int http_target_escape(const char *text, size_t n)
{
    const int high = n > 2 ? hex_digit(text[1]) : -1, low = n > 2 ? hex_digit(text[2]) : -1;
    return high < 0 || low < 0 || high + low == 0 ? -1 : high * 16 + low;
}

size_t http_target_unescape(char *s, size_t n)
{
    size_t n_out = 0;
    for (size_t i = 0; i < n; i++) {
        const int byte = s[i] == '%' ? http_target_escape(s + i, n - i) : (unsigned char)s[i];
        if (byte < 0)
            return n + 1;
        i += s[i] == '%' ? 2 : 0;
        s[n_out++] = (char)byte;
    }
    return n_out;
}

bool http_target_decode(const char *path, size_t n, buf *out, http_problem *p)
{
    const size_t at = out->size;
    for (size_t i = 0; i < n; i++) {
        if (path[i] != '%') {
            buf_putc(out, path[i]);
            continue;
        }
        const int c = http_target_escape(path + i, n - i);
        if (c < 0)
            return http_problem_set(p, HTTP_BAD_HEAD, "the path has a percent escape that stands for no character");
        buf_putc(out, (char)c);
        i += 2;
    }
    if (n == 0)
        buf_putc(out, '/');
    if (out->failed == SW_OK && out->size - at > 1 && out->data[out->size - 1] == '/')
        out->size--; // the NUL below takes its place
    buf_putc(out, '\0');
    return true;
}
