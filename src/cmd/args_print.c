/* args_print.c - values and sources as a table, or as JSON. */
#include "cmd/args_print.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/escape.h"
#include "cmd/arg_source.h"
#include "cmd/json_print.h"
#include "json/json_out.h"

enum { VALUE_BYTES_MAX = 65536, VALUE_COLUMNS = 28 };

/* The default as the help says it, such as "one per core"; returns false if it says none. */
static bool put_documented_default(buf *out, const arg_row *r)
{
    static const char BEGIN[] = "(default: ";
    const char *const p = strstr(r->help, BEGIN);
    if (p != NULL)
        buf_append(out, p + strlen(BEGIN), strcspn(p + strlen(BEGIN), ")"));
    return p != NULL;
}

static void put_list(buf *out, const arg_ints *list)
{
    for (size_t i = 0; i < list->n; i++)
        buf_printf(out, "%s%ld", i > 0 ? "," : "", list->values[i]);
}

static void put_strings(buf *out, const arg_strings *list)
{
    for (size_t i = 0; i < list->n; i++)
        buf_printf(out, "%s%s", i > 0 ? "," : "", list->values[i]);
    if (list->n == 0)
        buf_puts(out, "none");
}

static void put_value(buf *out, const arg_row *r, arg_origin origin)
{
    const char *const text = r->type == ARG_STRING ? *(const char **)r->value : NULL;
    if (origin == ARG_FROM_DEFAULT && put_documented_default(out, r))
        return;
    switch (r->type) {
    case ARG_FLAG: buf_puts(out, *(bool *)r->value ? "on" : "off"); break;
    case ARG_INT: buf_printf(out, "%ld", *(long *)r->value); break;
    case ARG_INTS: put_list(out, r->value); break;
    case ARG_STRINGS: put_strings(out, r->value); break;
    case ARG_DOUBLE: buf_printf(out, "%g", *(double *)r->value); break;
    case ARG_STRING: buf_puts(out, text == NULL ? "none" : arg_row_is_secret(r) ? "(not shown)" : text); break;
    }
}

/* "environment" and its variable, "file" and its line, ... */
static const char *source_name(arg_origin origin)
{
    static const char *const NAMES[] = {[ARG_FROM_DEFAULT] = "default",
                                        [ARG_FROM_FILE] = "file",
                                        [ARG_FROM_ENVIRONMENT] = "environment",
                                        [ARG_FROM_FLAG] = "flag"};
    return NAMES[origin];
}

static void put_place(buf *out, const arg_source *s, const char *path)
{
    if (s->origin == ARG_FROM_ENVIRONMENT)
        buf_puts(out, s->variable);
    if (s->origin == ARG_FROM_FILE)
        buf_printf(out, "%s:%d", path, s->line);
}

static void print_line(const arg_row *r, const char *value, const char *source, const char *place)
{
    buf line;
    buf_init(&line, 16 * VALUE_BYTES_MAX);
    buf_printf(&line, "%-20s  ", r->name);
    const size_t before = line.size;
    escape_terminal(&line, value, strlen(value));
    const size_t n = line.size - before;
    buf_printf(&line, "%*s  %s%s", n < VALUE_COLUMNS ? (int)(VALUE_COLUMNS - n) : 0, "", source,
               place[0] != '\0' ? " " : "");
    escape_terminal(&line, place, strlen(place));
    puts(buf_str(&line));
    buf_free(&line);
}

static json_t *option_json(const arg_row *r, const char *value, const char *source, const char *place)
{
    return json_pack("{s:s, s:s, s:s, s:s?}", "option", r->name, "value", value, "source", source, "place",
                     place[0] != '\0' ? place : NULL);
}

/* Prints the option, or adds it to *options unless that is NULL. */
static void print_row(const arg_row *r, const arg_source *s, const char *path, json_t **options)
{
    buf value, place;
    buf_init(&value, VALUE_BYTES_MAX);
    buf_init(&place, VALUE_BYTES_MAX);
    put_value(&value, r, s->origin);
    put_place(&place, s, path);
    if (options != NULL)
        json_push(options, option_json(r, buf_str(&value), source_name(s->origin), buf_str(&place)));
    else
        print_line(r, buf_str(&value), source_name(s->origin), buf_str(&place));
    buf_free(&value);
    buf_free(&place);
}

static bool wants_json(const arg_list *a)
{
    const arg_row *const r = arg_list_row(a, arg_list_find(a, "--json", 6));
    return r != NULL && *(bool *)r->value;
}

static void print_json(const arg_list *a, const char *path, json_t *options)
{
    json_t *document = json_pack("{s:s, s:s?}", "command", a->command, "config_file", path[0] != '\0' ? path : NULL);
    json_put(&document, "options", options);
    json_print(document, JSON_COMPACT); // cmd_main reports a failure
    json_decref(document);
}

void args_print(const arg_list *a, const char *path)
{
    json_t *options = wants_json(a) ? json_array() : NULL;
    const bool is_json = options != NULL;
    const arg_row *r;
    for (size_t i = 0; (r = arg_list_row(a, i)) != NULL; i++) {
        if (r->value != &arg_list_added.print_config)
            print_row(r, arg_source_of(i), path, is_json ? &options : NULL);
    }
    if (is_json)
        print_json(a, path, options);
}
