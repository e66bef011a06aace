/* args_env.c - the names of variables, and their values. */
#include "cmd/args_env.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/arg_source.h"
#include "cmd/arg_value.h"
#include "cmd/habits.h"

typedef struct foreign_variable {
    const char *option, *name;
    bool is_of_server; // counts for `serve` alone
} foreign_variable;

static const foreign_variable FOREIGN[] = {
    {"model", "LLAMA_ARG_MODEL", false},
    {"model", "SHIMMY_BASE_GGUF", true},
    {"threads", "LLAMA_ARG_THREADS", false},
    {"ctx-size", "LLAMA_ARG_CTX_SIZE", false},
    {"batch", "LLAMA_ARG_BATCH", false},
    {"parallel", "LLAMA_ARG_N_PARALLEL", false},
    {"host", "LLAMA_ARG_HOST", false},
    {"port", "LLAMA_ARG_PORT", false},
    {"alias", "LLAMA_ARG_ALIAS", false},
    {"api-key", "LLAMA_API_KEY", false},
    {"max-tokens", "LLAMA_ARG_N_PREDICT", false},
    {"n-cpu-moe", "LLAMA_ARG_N_CPU_MOE", false},
    {"cpu-moe", "LLAMA_ARG_CPU_MOE", false},
    {"cache-type-k", "LLAMA_ARG_CACHE_TYPE_K", false},
    {"cache-type-v", "LLAMA_ARG_CACHE_TYPE_V", false},
};

static bool is_server(const arg_list *a)
{
    return a->model == ARG_MODEL_AS_GIVEN;
}

/* Writes SPILLWAY_ARG_<NAME> of a row; returns its value or NULL. */
static const char *own_variable(const arg_row *r, char name[ARG_VARIABLE_BYTES])
{
    size_t n = (size_t)snprintf(name, ARG_VARIABLE_BYTES, "SPILLWAY_ARG_");
    for (const char *p = r->name; *p != '\0' && n + 1 < ARG_VARIABLE_BYTES; p++)
        name[n++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
    name[n] = '\0';
    return getenv(name);
}

/* Writes the variable that sets a row; returns its value, or NULL if none does. */
static const char *variable_of(const arg_list *a, const arg_row *r, char name[ARG_VARIABLE_BYTES])
{
    const char *text = own_variable(r, name);
    for (size_t i = 0; i < sizeof FOREIGN / sizeof FOREIGN[0] && text == NULL && a->model != ARG_NO_MODEL; i++) {
        if (strcmp(FOREIGN[i].option, r->name) != 0 || (FOREIGN[i].is_of_server && !is_server(a)))
            continue;
        snprintf(name, ARG_VARIABLE_BYTES, "%s", FOREIGN[i].name);
        text = getenv(name);
    }
    return text;
}

/* Names what users of llama-server may have set for options that choose nothing here. */
static void name_habits(const arg_list *a)
{
    const habit *h;
    for (size_t i = 0; is_server(a) && (h = habit_at(i)) != NULL; i++) {
        if (h->variable != NULL && getenv(h->variable) != NULL)
            fprintf(stderr, "spillway %s: %s has no effect: %s\n", a->command, h->variable, h->why);
    }
}

sw_code args_env_apply(const arg_list *a, sw_err *err)
{
    const arg_row *r;
    name_habits(a);
    for (size_t i = 0; (r = arg_list_row(a, i)) != NULL; i++) {
        arg_source source = {.origin = ARG_FROM_ENVIRONMENT};
        const char *text = variable_of(a, r, source.variable);
        if (text == NULL || !arg_source_may_set(a, i, ARG_FROM_ENVIRONMENT))
            continue;
        if (r->type == ARG_FLAG && text[0] == '\0')
            text = "off";
        if (!arg_value_store(r, text)) {
            char range[ARG_RANGE_BYTES];
            arg_value_describe(r, range);
            return sw_fail(err, SW_EINVAL, "%s takes %s, not '%.200s'", source.variable, range, text);
        }
        arg_source_set(i, source);
    }
    return SW_OK;
}
