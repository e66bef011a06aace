/* args.c - reads option rows: environment first, then the command line, so that later values win.
 *
 * A value is stored only after it was checked; a usage error leaves the variables of other options as they are.
 */
#include "cmd/args.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/args_help.h"
#include "cmd/cmd_error.h"
#include "cmd/exit_code.h"
#include "cmd/habits.h"
#include "cmd/model_names.h"
#include "cmd/nearest.h"

enum { SPELLINGS_MAX = 128, SPELLING_BYTES = 64 }; // of options that are offered for a misspelt one

/* ---- errors --------------------------------------------------------------------------------------------------- */

/* Prints an error and the usage; `format` takes the two strings x and y.  Returns the exit code. */
static int usage_error(const arg_list *a, const char *format, const char *x, const char *y)
{
    fprintf(stderr, "spillway %s: ", a->command);
    fprintf(stderr, format, x, y);
    fprintf(stderr, "\nusage: spillway %s %s   (--help lists the options)\n", a->command, a->usage);
    return CMD_EXIT_USAGE;
}

/* Writes what a row allows: "a whole number from 1 to 256". */
static void describe_range(const arg_row *r, char range[96])
{
    snprintf(range, 96, "%s", r->type == ARG_FLAG ? "on or off" : "a number");
    if (r->type == ARG_INTS)
        snprintf(range, 96, "1 to %d whole numbers from %.0f to %.0f, separated by commas", ARG_INTS_MAX, r->min,
                 r->max);
    else if (r->min < r->max)
        snprintf(range, 96, "%s from %g to %g", r->type == ARG_INT ? "a whole number" : "a number", r->min, r->max);
}

/* Prints the range that a row allows; `name` is the option or its variable in the environment.  Returns the exit code.
 */
static int bad_value(const arg_list *a, const arg_row *r, const char *name, const char *text)
{
    char range[96];
    describe_range(r, range);
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

sw_code args_set(const arg_row *rows, size_t n_rows, const char *name, const char *text, sw_err *err)
{
    nearest near = {.word = name};
    char range[96];
    for (size_t i = 0; i < n_rows; i++) {
        const arg_row *const r = &rows[i];
        nearest_offer(&near, r->name);
        if (strcmp(r->name, name) != 0)
            continue;
        const bool is_on = strcmp(text, "on") == 0;
        if (r->type == ARG_FLAG && (is_on || strcmp(text, "off") == 0))
            *(bool *)r->value = is_on;
        else if (r->type == ARG_FLAG || !store(r, text)) {
            describe_range(r, range);
            return sw_fail(err, SW_EINVAL, "%s takes %s, not '%s'", name, range, text);
        }
        return SW_OK;
    }
    return sw_fail(err, SW_EINVAL, "there is no setting '%s'%s%s%s", name, near.found != NULL ? "; did you mean '" : "",
                   near.found != NULL ? near.found : "", near.found != NULL ? "'?" : "");
}

/* ---- the environment ------------------------------------------------------------------------------------------- */

/* llama.cpp's variable for an option of the same meaning; NULL: it has none, or not the same. */
static const char *llama_variable(const char *option)
{
    static const char *const NAMES[][2] = {
        {"threads", "LLAMA_ARG_THREADS"},     {"ctx-size", "LLAMA_ARG_CTX_SIZE"},
        {"batch", "LLAMA_ARG_BATCH"},         {"parallel", "LLAMA_ARG_N_PARALLEL"},
        {"host", "LLAMA_ARG_HOST"},           {"port", "LLAMA_ARG_PORT"},
        {"api-key", "LLAMA_API_KEY"},         {"max-tokens", "LLAMA_ARG_N_PREDICT"},
        {"n-cpu-moe", "LLAMA_ARG_N_CPU_MOE"}, {"cpu-moe", "LLAMA_ARG_CPU_MOE"},
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(NAMES[i][0], option) == 0)
            return NAMES[i][1];
    }
    return NULL;
}

/* Writes SPILLWAY_ARG_<NAME> of a row, or, if only that is set, llama.cpp's variable; returns its value or NULL. */
static const char *variable_of(const arg_list *a, const arg_row *r, char name[96])
{
    size_t n = (size_t)snprintf(name, 96, "SPILLWAY_ARG_");
    for (const char *p = r->name; *p != '\0' && n + 1 < 96; p++)
        name[n++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
    name[n] = '\0';
    const char *const llama = a->model != ARG_NO_MODEL ? llama_variable(r->name) : NULL;
    if (getenv(name) == NULL && llama != NULL && getenv(llama) != NULL)
        snprintf(name, 96, "%s", llama);
    return getenv(name);
}

/* The variable of every row but --model, which would move the other arguments.  Returns -1 to go on, or an exit code.
 */
static int apply_environment(const arg_list *a)
{
    const arg_row *r;
    for (size_t i = 0; (r = arg_list_row(a, i)) != NULL; i++) {
        char name[96];
        const char *const text = variable_of(a, r, name);
        if (text == NULL || r->value == &arg_list_model.model)
            continue;
        if (r->type == ARG_FLAG)
            *(bool *)r->value = strcmp(text, "0") != 0 && strcmp(text, "false") != 0 && text[0] != '\0';
        else if (!store(r, text))
            return bad_value(a, r, name, text);
    }
    return -1;
}

/* ---- the command line ------------------------------------------------------------------------------------------ */

/* The row of an option word of n bytes, by its name or another spelling; NULL if there is none. */
static const arg_row *find_row(const arg_list *a, const char *word, size_t n)
{
    const arg_row *r;
    for (size_t i = 0; (r = arg_list_row(a, i)) != NULL; i++) {
        if (n > 2 && strncmp(word, "--", 2) == 0 && strlen(r->name) == n - 2 && strncmp(word + 2, r->name, n - 2) == 0)
            return r;
        if (r->alias != NULL && habit_has_spelling(r->alias, word, n))
            return r;
    }
    return NULL;
}

/* Writes all long spellings of all options, with dashes; returns how many there are. */
static size_t list_spellings(const arg_list *a, char names[SPELLINGS_MAX][SPELLING_BYTES])
{
    size_t n = 0;
    const arg_row *r;
    for (size_t i = 0; (r = arg_list_row(a, i)) != NULL && n < SPELLINGS_MAX; i++) {
        snprintf(names[n++], SPELLING_BYTES, "--%s", r->name);
        for (const char *p = r->alias; p != NULL && (p = strstr(p, "--")) != NULL && n < SPELLINGS_MAX; p += 2)
            snprintf(names[n++], SPELLING_BYTES, "%.*s", (int)strcspn(p, " "), p);
    }
    return n;
}

/* Refuses an option that there is not, with the one that was probably meant. */
static int unknown_option(const arg_list *a, const char *word, size_t n)
{
    char names[SPELLINGS_MAX][SPELLING_BYTES], typed[SPELLING_BYTES], meant[96] = "";
    snprintf(typed, sizeof typed, "%.*s", (int)n, word);
    nearest near = {.word = typed};
    const size_t n_names = list_spellings(a, names);
    for (size_t i = 0; i < n_names; i++)
        nearest_offer(&near, names[i]);
    nearest_offer(&near, "--help");
    if (near.found != NULL)
        snprintf(meant, sizeof meant, "; did you mean '%s'?", near.found);
    return usage_error(a, "unknown option '%s'%s", word, meant);
}

/* Takes an option that chooses nothing here; argv[*i] is it, and then its value.  Returns -1 to go on, or an exit code.
 */
static int take_habit(const arg_list *a, const habit *h, bool has_equals, int argc, char **argv, int *i)
{
    const char *const word = argv[*i];
    if (h->is_refused)
        return usage_error(a, "'%s': %s", word, h->why);
    if (h->value == HABIT_VALUE && !has_equals && *i + 1 >= argc)
        return usage_error(a, "'%s' needs a value (%s)", word, "which has no effect");
    if (!has_equals && *i + 1 < argc &&
        (h->value == HABIT_VALUE || (h->value == HABIT_SWITCH && habit_is_switch_value(argv[*i + 1]))))
        ++*i;
    fprintf(stderr, "spillway %s: %s has no effect: %s\n", a->command, word, h->why);
    return -1;
}

/* Takes the option argv[*i] and, if it has one, its value: *i then is the last word taken.  Returns -1 to go on, or an
 * exit code. */
static int take_option(const arg_list *a, int argc, char **argv, int *i)
{
    const char *const word = argv[*i];
    const char *const equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    const size_t n = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const arg_row *const r = find_row(a, word, n);
    const habit *const h = r == NULL && a->model != ARG_NO_MODEL ? habit_find(word, n) : NULL;
    if (h != NULL)
        return take_habit(a, h, equals != NULL, argc, argv, i);
    if (r == NULL)
        return unknown_option(a, word, n);
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

/* Puts the model of --model before the other arguments, and a path in place of its name.  Returns -1 to go on, or an
 * exit code. */
static int place_model(const arg_list *a, const char **positional, size_t *n_positional)
{
    static char path[PATH_MAX];
    if (arg_list_model.model != NULL && *n_positional == a->max_positional)
        return usage_error(a, "unexpected argument '%s': --model names the model%s", positional[0], "");
    if (arg_list_model.model != NULL) {
        memmove(positional + 1, positional, *n_positional * sizeof *positional);
        positional[0] = arg_list_model.model;
        ++*n_positional;
    }
    if (a->model != ARG_MODEL_BY_NAME || *n_positional < a->min_positional || *n_positional == 0)
        return -1;
    sw_err err = {0};
    if (model_names_find(positional[0], arg_list_model.dirs, path, sizeof path, &err) != SW_OK)
        return cmd_fail(a->command, &err);
    positional[0] = path;
    return -1;
}

/* Reads the words of the command line.  Returns -1 to go on, or an exit code. */
static int take_words(const arg_list *a, int argc, char **argv, const char **positional, size_t *n_positional)
{
    int status = -1;
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
            args_help_print(a);
            status = CMD_EXIT_OK;
        } else {
            status = take_option(a, argc, argv, &i);
        }
    }
    return status;
}

/* What args_visit set: args_parse then only shows the list. */
static struct {
    void (*visit)(void *ud, const arg_list *args);
    void *ud;
} visitor;

int args_parse(const arg_list *a, int argc, char **argv, const char **positional, size_t *n_positional)
{
    *n_positional = 0;
    if (visitor.visit != NULL) {
        visitor.visit(visitor.ud, a);
        return CMD_EXIT_OK;
    }
    arg_list_model.model = NULL;
    arg_list_model.dirs = MODEL_NAMES_DIRS;
    int status = apply_environment(a);
    if (status < 0)
        status = take_words(a, argc, argv, positional, n_positional);
    if (status < 0)
        status = place_model(a, positional, n_positional);
    if (status < 0 && *n_positional < a->min_positional)
        status = usage_error(a, "missing argument%s%s", "", "");
    return status;
}

const char *args_model_dirs(void)
{
    return arg_list_model.dirs;
}

void args_visit(int (*command)(int argc, char **argv), const char *name, void (*visit)(void *ud, const arg_list *args),
                void *ud)
{
    char word[32];
    snprintf(word, sizeof word, "%s", name);
    char *argv[] = {word, NULL};
    visitor.visit = visit;
    visitor.ud = ud;
    command(1, argv);
    visitor.visit = NULL;
}
