/* args.c - reads option rows: environment first, then the command line, so that later values win.
 *
 * A value is stored only after it was checked; a usage error leaves the variables of other options as they are.
 */
#include "cmd/args.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/exit_code.h"

/* ---- what is printed ------------------------------------------------------------------------------------------ */

/* Help fits a terminal of 80 columns: options on the left, what they do from TEXT_COLUMN on. */
enum { COLUMNS = 80, TEXT_COLUMN = 30 };

/* Prints `text`, broken at spaces into lines of at most COLUMNS.  The cursor is at `column`; further lines begin at
 * `indent`.  A newline in the text is a space; two are the end of a paragraph. */
static void print_wrapped(const char *text, int column, int indent)
{
    bool begins_line = true;
    while (*(text += strspn(text, " ")) != '\0') {
        const int n_newlines = (int)strspn(text, "\n");
        text += n_newlines;
        const int n = (int)strcspn(text, " \n");
        if (n_newlines > 1)
            putchar('\n');
        if (n_newlines > 1 || (!begins_line && column + 1 + n > COLUMNS)) {
            printf("\n%*s", indent, "");
            column = indent;
        } else if (!begins_line) {
            putchar(' ');
            column++;
        }
        printf("%.*s", n, text);
        column += n;
        text += n;
        begins_line = false;
    }
    putchar('\n');
}

/* "--threads N, -t" and its meaning, which begins on a line of its own when the left side is long. */
static void print_option(const char *name, const char *placeholder, const char *alias, const char *help)
{
    char left[96];
    const int n =
        snprintf(left, sizeof left, "  --%s%s%s%s%s", name, placeholder != NULL ? " " : "",
                 placeholder != NULL ? placeholder : "", alias != NULL ? ", " : "", alias != NULL ? alias : "");
    printf("%s", left);
    if (n + 2 > TEXT_COLUMN)
        printf("\n%*s", TEXT_COLUMN, "");
    else
        printf("%*s", TEXT_COLUMN - n, "");
    print_wrapped(help, TEXT_COLUMN, TEXT_COLUMN);
}

/* Everything that --help prints, on standard output: it was asked for, so it is a result. */
static void print_help(const arg_list *a)
{
    const int n = printf("usage: spillway %s%s", a->command, a->usage[0] != '\0' ? " " : "");
    print_wrapped(a->usage, n, (int)strlen("usage: spillway "));
    putchar('\n');
    print_wrapped(a->description, 0, 0);
    printf("\noptions:\n");
    for (size_t i = 0; i < a->n_rows; i++)
        print_option(a->rows[i].name, a->rows[i].placeholder, a->rows[i].alias, a->rows[i].help);
    print_option("help", NULL, "-h", "print this help");
}

/* Prints an error and the usage; `format` takes the two strings x and y.  Returns the exit code. */
static int usage_error(const arg_list *a, const char *format, const char *x, const char *y)
{
    fprintf(stderr, "spillway %s: ", a->command);
    fprintf(stderr, format, x, y);
    fprintf(stderr, "\nusage: spillway %s %s   (--help lists the options)\n", a->command, a->usage);
    return CMD_EXIT_USAGE;
}

/* Prints the range that a row allows; `name` is the option or its variable in the environment.  Returns the exit code.
 */
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

/* ---- values ---------------------------------------------------------------------------------------------------- */

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

/* Stores `text` into the row's variable; returns false if it is no number or out of range. */
static bool store(const arg_row *r, const char *text)
{
    if (r->type == ARG_STRING) { // points into argv or the environment, which outlive every command
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
    char *end; // ARG_DOUBLE; NaN is refused because no range check can see it
    errno = 0;
    const double number = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(number == number) ||
        (r->min < r->max && (number < r->min || number > r->max)))
        return false;
    *(double *)r->value = number;
    return true;
}

/* ---- the environment ------------------------------------------------------------------------------------------- */

/* SPILLWAY_ARG_<NAME> of every row.  Returns -1 to go on, or an exit code. */
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

/* ---- the command line ------------------------------------------------------------------------------------------ */

/* The row of an option word of n bytes, by its name or its alias; NULL if there is none. */
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

/* Takes the option argv[*i] and, if it has one, its value: *i then is the last word taken.  Returns -1 to go on, or an
 * exit code. */
static int take_option(const arg_list *a, int argc, char **argv, int *i)
{
    const char *const word = argv[*i];
    const char *const equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    const arg_row *const r = find_row(a, word, equals != NULL ? (size_t)(equals - word) : strlen(word));
    if (r == NULL)
        return usage_error(a, "unknown option '%s'%s", word, "");
    if (r->type == ARG_FLAG) {
        if (equals != NULL)
            return usage_error(a, "'--%s' takes no value%s", r->name, "");
        *(bool *)r->value = true;
        return -1;
    }
    if (equals == NULL && *i + 1 >= argc)
        return usage_error(a, "'%s' needs a value (%s)", word, r->placeholder);
    const char *const text = equals != NULL ? equals + 1 : argv[++*i];
    if (store(r, text))
        return -1;
    char name[64];
    snprintf(name, sizeof name, "--%s", r->name);
    return bad_value(a, r, name, text);
}

int args_parse(const arg_list *a, int argc, char **argv, const char **positional, size_t *n_positional)
{
    *n_positional = 0;
    int status = apply_environment(a);
    bool only_positional = false; // after "--"
    for (int i = 1; i < argc && status < 0; i++) {
        const char *const word = argv[i];
        const bool is_positional = only_positional || word[0] != '-' || word[1] == '\0';
        if (!only_positional && strcmp(word, "--") == 0) {
            only_positional = true;
        } else if (is_positional && *n_positional == a->max_positional) {
            status = usage_error(a, "unexpected argument '%s'%s", word, "");
        } else if (is_positional) {
            positional[(*n_positional)++] = word;
        } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            print_help(a);
            status = CMD_EXIT_OK;
        } else {
            status = take_option(a, argc, argv, &i);
        }
    }
    if (status < 0 && *n_positional < a->min_positional)
        status = usage_error(a, "missing argument%s%s", "", "");
    return status;
}
