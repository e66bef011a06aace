/* arg_list.c - the rows that commands have beside their own, and how a row is found. */
#include "cmd/arg_list.h"

#include <stdio.h>
#include <string.h>

#include "cmd/habits.h"
#include "cmd/nearest.h"

enum { SPELLINGS_MAX = 192, SPELLING_BYTES = 64 }; // of options that are offered for a misspelt one

arg_added_values arg_list_added;

// clang-format off
static const arg_row MODEL_ROWS[] = {
    {"model", "-m", ARG_STRING, &arg_list_added.model, 0, 0, "MODEL", "the model, in place of the first argument"},
    {"model-dirs", NULL, ARG_STRING, &arg_list_added.dirs, 0, 0, "'A;B'", "folders in which names of models are looked up (default: ./models and the usual places, see docs/commands.md)"},
};
static const arg_row CONFIG_ROWS[] = {
    {"config", NULL, ARG_STRING, &arg_list_added.config, 0, 0, "FILE", "configuration file; '': none (default: spillway/config in $XDG_CONFIG_HOME or ~/.config)"},
    {"print-config", NULL, ARG_FLAG, &arg_list_added.print_config, 0, 0, NULL, "print the value of every option and where it is from, and end"},
};
// clang-format on

enum { N_CONFIG_ROWS = sizeof CONFIG_ROWS / sizeof CONFIG_ROWS[0] };

const arg_row *arg_list_row(const arg_list *a, size_t i)
{
    const size_t n_model = a->model == ARG_MODEL_BY_NAME ? 2 : a->model == ARG_MODEL_AS_GIVEN ? 1 : 0;
    if (i < a->n_rows)
        return &a->rows[i];
    i -= a->n_rows;
    if (i < n_model)
        return &MODEL_ROWS[i];
    i -= n_model;
    return a->n_rows + n_model > 0 && i < N_CONFIG_ROWS ? &CONFIG_ROWS[i] : NULL;
}

size_t arg_list_find(const arg_list *a, const char *word, size_t n)
{
    const arg_row *r;
    size_t i = 0;
    for (; (r = arg_list_row(a, i)) != NULL; i++) {
        if (n > 2 && strncmp(word, "--", 2) == 0 && strlen(r->name) == n - 2 && strncmp(word + 2, r->name, n - 2) == 0)
            break;
        if (r->alias != NULL && habit_has_spelling(r->alias, word, n))
            break;
    }
    return i;
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

void arg_list_nearest(const arg_list *a, const char *word, char *out, size_t size)
{
    char names[SPELLINGS_MAX][SPELLING_BYTES];
    nearest near = {.word = word};
    const size_t n = list_spellings(a, names);
    for (size_t i = 0; i < n; i++)
        nearest_offer(&near, names[i]);
    nearest_offer(&near, "--help");
    snprintf(out, size, "%s", near.found != NULL ? near.found : "");
}

bool arg_row_is_secret(const arg_row *r)
{
    return strcmp(r->name, "api-key") == 0;
}
