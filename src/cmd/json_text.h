/* json_text.h - texts from model files in JSON documents. */
#ifndef CMD_JSON_TEXT_H
#define CMD_JSON_TEXT_H

#include <jansson.h>

/* A JSON string; one that is not UTF-8 becomes U+FFFD. */
static inline json_t *json_text(const char *s)
{
    json_t *const j = json_string(s);
    return j != NULL ? j : json_string("\xef\xbf\xbd");
}

#endif
