/* member.c - a walk along names, and checks at its end. */
#include "hosts/member.h"

#include <math.h>
#include <string.h>

static const double COUNT_MAX = 9007199254740992.0; // 2^53

const json_t *member_at(const json_t *document, const char *path)
{
    const json_t *value = document;
    while (value != NULL && *path != '\0') {
        const size_t n = strcspn(path, ".");
        value = json_object_getn(value, path, n);
        path += n + (path[n] == '.');
    }
    return value;
}

double member_setting(const json_t *document, const char *path)
{
    const json_t *const value = member_at(document, path);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

double member_number(const json_t *document, const char *path)
{
    const double number = member_setting(document, path);
    return number >= 0 && number <= COUNT_MAX ? number : NAN;
}

const char *member_text(const json_t *document, const char *path)
{
    const char *const text = json_string_value(member_at(document, path));
    return text != NULL && text[0] != '\0' ? text : NULL;
}
