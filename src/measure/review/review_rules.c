/* review_rules.c - what holds of every review, typed or read. */
#include <string.h>

#include "base/utf8.h"
#include "review/review_file.h"

bool review_says_something(const review_record *r)
{
    bool says = r->note[0] != '\0';
    for (int i = 0; i < N_REVIEW_SCORES; i++)
        says |= r->scores[i] != 0;
    for (int i = 0; i < N_REVIEW_FLAGS; i++)
        says |= r->flags[i];
    return says;
}

sw_code review_check_text(const char *text, size_t bytes_max, const char *what, sw_err *err)
{
    const size_t n = strlen(text);
    if (n > bytes_max)
        return sw_fail(err, SW_ELIMIT, "%s may have %zu bytes, not %zu", what, bytes_max, n);
    return utf8_valid(text, n) ? SW_OK : sw_fail(err, SW_EINVAL, "%s must be UTF-8", what);
}
