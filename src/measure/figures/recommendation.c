/* recommendation.c - what all rules of recommendations need. */
#include "figures/recommendation.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

void recommendation_say(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(out, size, format, args);
    va_end(args);
    utf8_replace_invalid(out, strlen(out));
}

const criterion_row *situation_failed(const situation *s, const char *id)
{
    for (size_t i = 0; i < s->criteria->n; i++) {
        const criterion_row *const row = &s->criteria->rows[i];
        if (row->subject == s->subject->index && row->verdict == CRITERION_FAILED && strcmp(row->id, id) == 0)
            return row;
    }
    return NULL;
}
