/* json_line.c - walks a document along a path, without building it.
 *
 * A value is skipped by its brackets and strings alone, which is enough for text that a parser has accepted.
 */
#include "json/json_line.h"

#include <stdbool.h>
#include <string.h>

typedef struct scan {
    const char *at, *end;
    int line;
} scan;

static void step(scan *s)
{
    s->line += *s->at == '\n';
    s->at++;
}

static void skip_white(scan *s)
{
    while (s->at < s->end && strchr(" \t\r\n", *s->at) != NULL)
        step(s);
}

static bool is_at(const scan *s, char c)
{
    return s->at < s->end && *s->at == c;
}

/* Past the closing quote. */
static void skip_string(scan *s)
{
    for (step(s); s->at < s->end && *s->at != '"'; step(s)) {
        if (*s->at == '\\' && s->at + 1 < s->end)
            step(s);
    }
    if (s->at < s->end)
        step(s);
}

/* Past a whole value, however deep it is. */
static void skip_value(scan *s)
{
    int depth = 0;
    while (s->at < s->end) {
        if (*s->at == '"') {
            skip_string(s);
        } else {
            if (strchr("]}", *s->at) != NULL && depth-- == 0)
                return; // the end of what is around it
            depth += *s->at == '[' || *s->at == '{';
            if (depth == 0 && *s->at == ',')
                return;
            step(s);
        }
        if (depth == 0 && (is_at(s, ',') || is_at(s, ']') || is_at(s, '}')))
            return;
    }
}

/* From the opening bracket to the value of member name[0..n); false if there is none. */
static bool enter_member(scan *s, const char *name, size_t n)
{
    for (step(s);; step(s)) { // past "{" or ","
        skip_white(s);
        if (!is_at(s, '"'))
            return false;
        const char *const key = s->at + 1;
        skip_string(s);
        const bool is_it = (size_t)(s->at - key) == n + 1 && memcmp(key, name, n) == 0;
        skip_white(s);
        if (!is_at(s, ':'))
            return false;
        step(s);
        skip_white(s);
        if (is_it)
            return true;
        skip_value(s);
        if (!is_at(s, ','))
            return false;
    }
}

/* From the opening bracket to element i; false if there are fewer. */
static bool enter_element(scan *s, size_t i)
{
    for (step(s);; step(s)) {
        skip_white(s);
        if (s->at == s->end || is_at(s, ']'))
            return false;
        if (i-- == 0)
            return true;
        skip_value(s);
        if (!is_at(s, ','))
            return false;
    }
}

/* The next step of the path, which is moved past it. */
static bool enter(scan *s, const char **path)
{
    const char *p = *path;
    if (*p == '[') {
        size_t i = 0;
        for (p++; *p >= '0' && *p <= '9' && i < 100000000; p++)
            i = 10 * i + (size_t)(*p - '0');
        *path = *p == ']' ? p + 1 : p + strlen(p);
        return is_at(s, '[') && enter_element(s, i);
    }
    p += *p == '.';
    const size_t n = strcspn(p, ".[");
    *path = p + n;
    return is_at(s, '{') && enter_member(s, p, n);
}

int json_line_of(const char *text, size_t n, const char *path)
{
    scan s = {text, text + n, 1};
    skip_white(&s);
    int line = s.line;
    while (*path != '\0' && enter(&s, &path))
        line = s.line;
    return line;
}
