#include "cmd/args.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

static void print_help(const arg_list *a)
{
    printf("usage: spillway %s %s\n\n%s\n", a->command, a->usage, a->description);
    if (a->n_rows > 0)
        printf("\noptions:\n");
    for (size_t i = 0; i < a->n_rows; i++) {
        const arg_row *const r = &a->rows[i];
        char left[96];
        snprintf(left, sizeof left, "--%s%s%s%s%s", r->name, r->placeholder != NULL ? " " : "",
                 r->placeholder != NULL ? r->placeholder : "", r->alias != NULL ? ", " : "",
                 r->alias != NULL ? r->alias : "");
        printf("  %-32s %s\n", left, r->help);
    }
    printf("  %-32s %s\n", "--help, -h", "print this");
}

static int usage_error(const arg_list *a, const char *format, const char *x, const char *y)
{
    fprintf(stderr, "spillway %s: ", a->command);
    fprintf(stderr, format, x, y);
    fprintf(stderr, "\nusage: spillway %s %s   (--help lists the options)\n", a->command, a->usage);
    return CMD_EXIT_USAGE;
}

/* A whole number at the start of `text`, within the row's range; *end_out is what follows it. */
static bool read_int(const arg_row *r, const char *text, const char **end_out, long *out)
{
    char *end;
    errno = 0;
    const long n = strtol(text, &end, 10);
    *end_out = end;
    *out = n;
    return errno == 0 && end != text && (r->min >= r->max || ((double)n >= r->min && (double)n <= r->max));
}

/* A list that is wrong somewhere changes nothing. */
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

/* Stores `text` into the row's variable; false when it is no number or out of range. */
static bool store(const arg_row *r, const char *text)
{
    if (r->type == ARG_STRING) {
        *(const char **)r->value = text;
        return true;
    }
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
    char *end;
    errno = 0;
    const double number = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(number == number) ||
        (r->min < r->max && (number < r->min || number > r->max)))
        return false;
    *(double *)r->value = number;
    return true;
}

static int bad_value(const arg_list *a, const arg_row *r, const char *name, const char *text)
{
    char range[96] = "a number";
    if (r->type == ARG_INTS)
        snprintf(range, sizeof range, "1 to %d whole numbers from %.0f to %.0f, separated by commas", ARG_INTS_MAX,
                 r->min, r->max);
    else if (r->min < r->max)
        snprintf(range, sizeof range, "%s from %g to %g", r->type == ARG_INT ? "a whole number" : "a number", r->min,
                 r->max);
    fprintf(stderr, "spillway %s: %s takes %s, not '%s'\n", a->command, name, range, text);
    return CMD_EXIT_USAGE;
}

static int apply_environment(const arg_list *a)
{
    for (size_t i = 0; i < a->n_rows; i++) {
        const arg_row *const r = &a->rows[i];
        char name[96] = "SPILLWAY_ARG_";
        size_t n = strlen(name);
        for (const char *p = r->name; *p != '\0' && n + 1 < sizeof name; p++)
            name[n++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
        name[n] = '\0';
        const char *const text = getenv(name);
        if (text == NULL)
            continue;
        if (r->type == ARG_FLAG)
            *(bool *)r->value = strcmp(text, "0") != 0 && strcmp(text, "false") != 0 && text[0] != '\0';
        else if (!store(r, text))
            return bad_value(a, r, name, text);
    }
    return -1;
}

static const arg_row *find_row(const arg_list *a, const char *word, size_t n)
{
    for (size_t i = 0; i < a->n_rows; i++) {
        const arg_row *const r = &a->rows[i];
        if (n > 2 && strncmp(word, "--", 2) == 0 && strlen(r->name) == n - 2 && strncmp(word + 2, r->name, n - 2) == 0)
            return r;
        if (r->alias != NULL && strlen(r->alias) == n && strncmp(word, r->alias, n) == 0)
            return r;
    }
    return NULL;
}

int args_parse(const arg_list *a, int argc, char **argv, const char **positional, size_t *n_positional)
{
    *n_positional = 0;
    const int status = apply_environment(a);
    if (status >= 0)
        return status;
    bool only_positional = false;
    for (int i = 1; i < argc; i++) {
        const char *const word = argv[i];
        if (!only_positional && strcmp(word, "--") == 0) {
            only_positional = true;
            continue;
        }
        if (only_positional || word[0] != '-' || word[1] == '\0') {
            if (*n_positional == a->max_positional)
                return usage_error(a, "unexpected argument '%s'%s", word, "");
            positional[(*n_positional)++] = word;
            continue;
        }
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            print_help(a);
            return CMD_EXIT_OK;
        }
        const char *const equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
        const size_t n = equals != NULL ? (size_t)(equals - word) : strlen(word);
        const arg_row *const r = find_row(a, word, n);
        if (r == NULL)
            return usage_error(a, "unknown option '%s'%s", word, "");
        if (r->type == ARG_FLAG) {
            if (equals != NULL)
                return usage_error(a, "'%s' takes no value%s", r->name, "");
            *(bool *)r->value = true;
            continue;
        }
        if (equals == NULL && i + 1 >= argc)
            return usage_error(a, "'%s' needs a value (%s)", word, r->placeholder);
        const char *const text = equals != NULL ? equals + 1 : argv[++i];
        if (!store(r, text)) {
            char name[64];
            snprintf(name, sizeof name, "--%s", r->name);
            return bad_value(a, r, name, text);
        }
    }
    if (*n_positional < a->min_positional)
        return usage_error(a, "missing argument%s%s", "", "");
    return -1;
}
