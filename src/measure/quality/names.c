/* names.c - finds names without a dictionary: only capital letters within sentences count. */
#include "quality/names.h"

#include <ctype.h>

bool name_is_at(const char *text, size_t at)
{
    if (at < 2 || !isupper((unsigned char)text[at]) || !isalnum((unsigned char)text[at + 1]))
        return false;
    const char before = text[at - 1], earlier = text[at - 2];
    return before == ' ' && (islower((unsigned char)earlier) || earlier == ',' || earlier == '.') &&
           (earlier != '.' || (at > 4 && isupper((unsigned char)text[at - 4]))); // "Dr. Chen", but no new sentence
}

size_t name_length(const char *text)
{
    size_t n = 0;
    while (isalnum((unsigned char)text[n]))
        n++;
    return n;
}
