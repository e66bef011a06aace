/* args.c - reads the words of a command line, and then the weaker sources.
 *
 * A value is stored only after it was checked; a usage error leaves the variables of other options as they are.
 */
#include "cmd/args.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cmd/arg_source.h"
#include "cmd/arg_value.h"
#include "cmd/arg_visit.h"
#include "cmd/args_config.h"
#include "cmd/args_env.h"
#include "cmd/args_help.h"
#include "cmd/args_print.h"
#include "cmd/cmd_error.h"
#include "cmd/exit_code.h"
#include "cmd/habits.h"
#include "cmd/model_names.h"
#include "cmd/nearest.h"

/* ---- errors --------------------------------------------------------------------------------------------------- */

/* Prints an error and the usage; `format` takes the two strings x and y.  Returns the exit code. */
static int usage_error(const arg_list *a, const char *format, const char *x, const char *y)
{
    fprintf(stderr, "spillway %s: ", a->command);
    fprintf(stderr, format, x, y);
    fprintf(stderr, "\nusage: spillway %s %s   (--help lists the options)\n", a->command, a->usage);
    return CMD_EXIT_USAGE;
}

/* Prints the range that a row allows.  Returns the exit code. */
static int bad_value(const arg_list *a, const arg_row *r, const char *text)
{
    char range[ARG_RANGE_BYTES];
    arg_value_describe(r, range);
    fprintf(stderr, "spillway %s: --%s takes %s, not '%s'\n", a->command, r->name, range, text);
    return CMD_EXIT_USAGE;
}

sw_code args_set(const arg_row *rows, size_t n_rows, const char *name, const char *text, sw_err *err)
{
    nearest near = {.word = name};
    char range[ARG_RANGE_BYTES];
    for (size_t i = 0; i < n_rows; i++) {
        const arg_row *const r = &rows[i];
        nearest_offer(&near, r->name);
        if (strcmp(r->name, name) != 0)
            continue;
        if (arg_value_store(r, text))
            return SW_OK;
        arg_value_describe(r, range);
        return sw_fail(err, SW_EINVAL, "%s takes %s, not '%s'", name, range, text);
    }
    return sw_fail(err, SW_EINVAL, "there is no setting '%s'%s%s%s", name, near.found != NULL ? "; did you mean '" : "",
                   near.found != NULL ? near.found : "", near.found != NULL ? "'?" : "");
}

/* ---- the command line ------------------------------------------------------------------------------------------ */

/* Refuses an option that there is not, with the one that was probably meant. */
static int unknown_option(const arg_list *a, const char *word, size_t n)
{
    char typed[64], near[64], meant[96] = "";
    snprintf(typed, sizeof typed, "%.*s", (int)n, word);
    arg_list_nearest(a, typed, near, sizeof near);
    if (near[0] != '\0')
        snprintf(meant, sizeof meant, "; did you mean '%s'?", near);
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
    const size_t row = arg_list_find(a, word, n);
    const arg_row *const r = arg_list_row(a, row);
    const habit *const h = r == NULL && a->model != ARG_NO_MODEL ? habit_find(word, n) : NULL;
    if (h != NULL)
        return take_habit(a, h, equals != NULL, argc, argv, i);
    if (r == NULL)
        return unknown_option(a, word, n);
    arg_source_set(row, (arg_source){.origin = ARG_FROM_FLAG});
    const char *text = equals != NULL ? equals + 1 : "on";
    if (equals == NULL && r->type != ARG_FLAG) {
        if (*i + 1 >= argc)
            return usage_error(a, "'%s' needs a value (%s)", word, r->placeholder);
        text = argv[++*i];
    }
    return arg_value_store(r, text) ? -1 : bad_value(a, r, text);
}

/* Takes the model from the arguments, unless an option names it. */
static void take_model(const arg_list *a, const char **positional, size_t *n_positional)
{
    if (a->model == ARG_NO_MODEL || arg_list_added.model != NULL || *n_positional == 0)
        return;
    arg_list_added.model = positional[0];
    memmove(positional, positional + 1, --*n_positional * sizeof *positional);
    arg_source_set(arg_list_find(a, "--model", 7), (arg_source){.origin = ARG_FROM_FLAG});
}

/* Puts the model before the other arguments.  Returns -1 to go on, or an exit code. */
static int put_model(const arg_list *a, const char **positional, size_t *n_positional)
{
    if (a->model == ARG_NO_MODEL || arg_list_added.model == NULL)
        return -1;
    if (*n_positional == a->max_positional)
        return usage_error(a, "unexpected argument '%s': --model names the model%s", positional[0], "");
    memmove(positional + 1, positional, *n_positional * sizeof *positional);
    positional[0] = arg_list_added.model;
    ++*n_positional;
    return -1;
}

/* Puts the path of a model in place of its name.  Returns -1 to go on, or an exit code. */
static int find_model(const arg_list *a, const char **positional)
{
    static char path[PATH_MAX];
    sw_err err = {0};
    if (a->model != ARG_MODEL_BY_NAME)
        return -1;
    if (model_names_find(positional[0], arg_list_added.dirs, path, sizeof path, &err) != SW_OK)
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

/* Reads every source, the strongest first.  Returns -1 to go on, or an exit code. */
static int read_sources(const arg_list *a, int argc, char **argv, const char **positional, size_t *n_positional)
{
    sw_err err = {0};
    arg_source_clear();
    arg_list_added = (arg_added_values){.model = NULL};
    const int status = take_words(a, argc, argv, positional, n_positional);
    if (status >= 0)
        return status;
    take_model(a, positional, n_positional);
    if (args_env_apply(a, &err) != SW_OK || args_config_apply(a, &err) != SW_OK)
        return cmd_fail(a->command, &err);
    return -1;
}

int args_parse(const arg_list *a, int argc, char **argv, const char **positional, size_t *n_positional)
{
    *n_positional = 0;
    if (arg_visit_takes(a))
        return CMD_EXIT_OK;
    int status = read_sources(a, argc, argv, positional, n_positional);
    if (status < 0 && arg_list_added.print_config) {
        args_print(a, args_config_path());
        return CMD_EXIT_OK;
    }
    if (status < 0)
        status = put_model(a, positional, n_positional);
    if (status < 0 && *n_positional < a->min_positional)
        status = usage_error(a, "missing argument%s%s", "", "");
    return status < 0 && *n_positional > 0 ? find_model(a, positional) : status;
}

const char *args_model_dirs(void)
{
    return arg_list_added.dirs;
}
