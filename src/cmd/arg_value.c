/* arg_value.c - numbers, lists, words and texts, each checked before it is stored. */
#include "cmd/arg_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void arg_value_describe(const arg_row *r, char range[ARG_RANGE_BYTES])
{
    snprintf(range, ARG_RANGE_BYTES, "%s", r->type == ARG_FLAG ? "on or off" : "a number");
    if (r->type == ARG_STRINGS)
        snprintf(range, ARG_RANGE_BYTES, "at most %d values, each after the option's name", ARG_STRINGS_MAX);
    else if (r->type == ARG_INTS)
        snprintf(range, ARG_RANGE_BYTES, "1 to %d whole numbers from %.0f to %.0f, separated by commas", ARG_INTS_MAX,
                 r->min, r->max);
    else if (r->min < r->max)
        snprintf(range, ARG_RANGE_BYTES, "%s from %g to %g", r->type == ARG_INT ? "a whole number" : "a number", r->min,
                 r->max);
}

/* Reads a whole number at the start of `text`; *end_out points after it.  Returns false if there is none, or if it is
 * out of the row's range. */
static bool read_int(const arg_row *r, const char *text, const char **end_out, long *out)
{
    char *end;
    errno = 0;
    const long n = strtol(text, &end, 10);
    *end_out = end;
    *out = n;
    return errno == 0 && end != text && (r->min >= r->max || ((double)n >= r->min && (double)n <= r->max));
}

/* Stores a word for on or off; returns false if it is another. */
static bool store_flag(const arg_row *r, const char *text)
{
    static const char *const WORDS[][2] = {
        {"off", "on"}, {"false", "true"}, {"0", "1"}, {"no", "yes"}, {"disabled", "enabled"}};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        for (int is_on = 0; is_on < 2; is_on++) {
            if (strcmp(text, WORDS[i][is_on]) == 0) {
                *(bool *)r->value = is_on != 0;
                return true;
            }
        }
    }
    return false;
}

/* Reads a list; returns false, and stores nothing, if any part of it is wrong. */
static bool store_ints(const arg_row *r, const char *text)
{
    arg_ints list = {.n = 0};
    for (const char *p = text;; p++) {
        if (list.n == ARG_INTS_MAX || !(isdigit((unsigned char)*p) || *p == '-') ||
            !read_int(r, p, &p, &list.values[list.n]) || (*p != ',' && *p != '\0'))
            return false;
        list.n++;
        if (*p == '\0')
            break;
    }
    *(arg_ints *)r->value = list;
    return true;
}

static bool store_string(arg_strings *list, const char *text)
{
    if (list->n == ARG_STRINGS_MAX)
        return false;
    list->values[list->n++] = text;
    return true;
}

bool arg_value_store(const arg_row *r, const char *text)
{
    if (r->type == ARG_STRING) {
        *(const char **)r->value = text;
        return true;
    }
    if (r->type == ARG_STRINGS)
        return store_string(r->value, text);
    if (r->type == ARG_FLAG)
        return store_flag(r, text);
    if (r->type == ARG_INTS)
        return store_ints(r, text);
    if (r->type == ARG_INT) {
        const char *rest;
        long n;
        if (!read_int(r, text, &rest, &n) || *rest != '\0')
            return false;
        *(long *)r->value = n;
        return true;
    }
    char *end; // ARG_DOUBLE; NaN is refused because no range check can see it
    errno = 0;
    const double number = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(number == number) ||
        (r->min < r->max && (number < r->min || number > r->max)))
        return false;
    *(double *)r->value = number;
    return true;
}

bool arg_value_is_valid(const arg_row *r, const char *text)
{
    union {
        bool flag;
        long number;
        arg_ints list;
        double real;
        const char *text;
        arg_strings texts;
    } scratch = {.texts = {.n = 0}};
    arg_row copy = *r;
    copy.value = &scratch;
    return arg_value_store(&copy, text);
}
