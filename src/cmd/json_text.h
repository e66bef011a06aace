/* json_text.h - JSON strings of texts from model files, which need not be UTF-8. */
#ifndef CMD_JSON_TEXT_H
#define CMD_JSON_TEXT_H

#include <jansson.h>

/* A JSON string of s; if s is not UTF-8, a single U+FFFD in its place.  NULL if memory is short. */
static inline json_t *json_text(const char *s)
{
    json_t *const j = json_string(s);
    return j != NULL ? j : json_string("\xef\xbf\xbd");
}

#endif
