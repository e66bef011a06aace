/* args_config.c - which file is read, and what its lines mean. */
#include "cmd/args_config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "cmd/arg_source.h"
#include "cmd/arg_value.h"
#include "cmd/arg_visit.h"
#include "cmd/cmd.h"
#include "cmd/config_file.h"
#include "cmd/habits.h"
#include "cmd/nearest.h"

enum { SETTINGS_MAX = 1024 }; // all options of all commands are about 200, and none may come twice

static char config_path[PATH_MAX];
static char *config_text; // values point into it

/* A row that a line has set, for one section: neither can be set again. */
typedef struct taken {
    const char *section, *option;
    int line;
} taken;

typedef struct applying {
    const arg_list *args;    // of the command that runs
    const cmd *section;      // NULL: the section is that of `args`
    const config_setting *s; // the line
    bool is_readable;        // by other users
    taken taken[SETTINGS_MAX];
    size_t n_taken;
    sw_code code;
    sw_err *err;
} applying;

static sw_code fail(applying *a, const char *what, const char *name, const char *near)
{
    return sw_fail(a->err, SW_EINVAL, "%s:%d: %s '%.60s'%s%s%s", config_path, a->s->line, what, name,
                   near[0] != '\0' ? "; did you mean '" : "", near, near[0] != '\0' ? "'?" : "");
}

/* ---- one line --------------------------------------------------------------------------------------------------- */

/* The line begins a section: finds its command. */
static sw_code begin_section(applying *a)
{
    size_t n;
    const cmd *const commands = cmd_table(&n);
    nearest near = {.word = a->s->section};
    const bool is_own = strcmp(a->s->section, a->args->command) == 0;
    a->section = is_own ? NULL : cmd_find(a->s->section);
    if (is_own || a->section != NULL)
        return SW_OK;
    for (size_t i = 0; i < n; i++)
        nearest_offer(&near, commands[i].name);
    return fail(a, "a section is a command; there is none named", a->s->section, near.found != NULL ? near.found : "");
}

/* Refuses an option that the list does not have. */
static sw_code fail_unknown(applying *a, const arg_list *list, const char *word)
{
    const habit *const h = list->model != ARG_NO_MODEL ? habit_find(word, strlen(word)) : NULL;
    char near[64], what[64];
    if (h != NULL)
        return sw_fail(a->err, SW_EINVAL, "%s:%d: '%.60s' has no effect: %s", config_path, a->s->line, a->s->name,
                       h->why);
    arg_list_nearest(list, word, near, sizeof near);
    snprintf(what, sizeof what, "'%s' has no option", list->command);
    return fail(a, what, a->s->name, near + strspn(near, "-"));
}

/* Refuses a second line for the same option of a section. */
static sw_code check_first(applying *a, const char *option)
{
    for (size_t i = 0; i < a->n_taken; i++) {
        const taken *const t = &a->taken[i];
        if (strcmp(t->section, a->s->section) == 0 && strcmp(t->option, option) == 0)
            return sw_fail(a->err, SW_EINVAL, "%s:%d: '%s' is set in line %d already", config_path, a->s->line, option,
                           t->line);
    }
    if (a->n_taken == SETTINGS_MAX)
        return fail(a, "there are too many lines, from that of", option, "");
    a->taken[a->n_taken++] = (taken){a->s->section, option, a->s->line};
    return SW_OK;
}

static void warn_of_secret(const applying *a, const arg_row *r)
{
    if (a->is_readable && arg_row_is_secret(r))
        fprintf(stderr, "warning: %s:%d: other users can read this %s; 'chmod go-r %s' prevents it\n", config_path,
                a->s->line, r->name, config_path);
}

/* Checks the line against the list of its section, and sets the option if that is the command that runs. */
static sw_code take_setting(applying *a, const arg_list *list)
{
    char word[128], range[ARG_RANGE_BYTES];
    snprintf(word, sizeof word, "--%s", a->s->name);
    const size_t i = arg_list_find(list, word, strlen(word));
    const arg_row *const r = arg_list_row(list, i);
    if (r == NULL)
        return fail_unknown(a, list, word);
    if (r->value == &arg_list_added.config || r->value == &arg_list_added.print_config)
        return fail(a, "a file cannot set", r->name, "");
    if (!arg_value_is_valid(r, a->s->value)) {
        arg_value_describe(r, range);
        return sw_fail(a->err, SW_EINVAL, "%s:%d: '%s' takes %s, not '%.60s'", config_path, a->s->line, r->name, range,
                       a->s->value);
    }
    const sw_code code = check_first(a, r->name);
    warn_of_secret(a, r);
    if (code == SW_OK && list == a->args && arg_source_may_set(list, i, ARG_FROM_FILE) &&
        arg_value_store(r, a->s->value))
        arg_source_set(i, (arg_source){.origin = ARG_FROM_FILE, .line = a->s->line});
    return code;
}

static void visit_section(void *ud, const arg_list *list)
{
    applying *const a = ud;
    a->code = take_setting(a, list);
}

static sw_code take(void *ud, const config_setting *setting, sw_err *err)
{
    applying *const a = ud;
    a->s = setting;
    a->err = err;
    if (setting->name == NULL)
        return begin_section(a);
    if (a->section == NULL)
        return take_setting(a, a->args);
    arg_visit(a->section->run, a->section->name, visit_section, a);
    return a->code;
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

/* Writes the path of the user's own file; an empty one if there is no home. */
static void own_path(char *out, size_t size)
{
    const char *const xdg = getenv("XDG_CONFIG_HOME"), *const home = getenv("HOME");
    int n = 0;
    out[0] = '\0';
    if (xdg != NULL && xdg[0] == '/') // a relative one does not count, says the XDG base directory specification
        n = snprintf(out, size, "%s/spillway/config", xdg);
    else if (home != NULL && home[0] == '/')
        n = snprintf(out, size, "%s/.config/spillway/config", home);
    if (n < 0 || (size_t)n >= size)
        out[0] = '\0';
}

/* Decides which file is read; an empty path is none. */
static sw_code find_file(sw_err *err)
{
    const char *const given = arg_list_added.config;
    struct stat st;
    own_path(config_path, sizeof config_path);
    if (given == NULL && config_path[0] != '\0' && stat(config_path, &st) != 0)
        config_path[0] = '\0';
    if (given != NULL && (size_t)snprintf(config_path, sizeof config_path, "%s", given) >= sizeof config_path)
        return sw_fail(err, SW_EINVAL, "the path of --config has more than %zu bytes", sizeof config_path - 1);
    return SW_OK;
}

sw_code args_config_apply(const arg_list *args, sw_err *err)
{
    size_t n;
    struct stat st;
    mem_free(config_text);
    config_text = NULL;
    config_path[0] = '\0';
    sw_code code = arg_list_row(args, 0) != NULL ? find_file(err) : SW_OK;
    if (code == SW_OK && config_path[0] != '\0')
        code = file_slurp(config_path, LIMIT_CONFIG_BYTES, &config_text, &n, err);
    if (code != SW_OK || config_text == NULL)
        return code;
    applying *const a = mem_calloc(1, sizeof *a);
    if (a == NULL)
        return sw_fail(err, SW_ENOMEM, "%s: not enough memory", config_path);
    a->args = args;
    a->is_readable = stat(config_path, &st) == 0 && (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
    const config_reader reader = {.path = config_path, .take = take, .ud = a};
    code = config_file_read(config_text, n, &reader, err);
    mem_free(a);
    return code;
}

const char *args_config_path(void)
{
    return config_path;
}
