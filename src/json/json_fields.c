/* json_fields.c - loads JSON text and stores the members of objects by table.
 *
 * jansson ignores some failed allocations while it reads a number or a name, and continues with the part that it has.
 * So its allocations go through functions here that record a failure per thread, and a document that was read while one
 * failed is discarded.
 */
#include "json/json_fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "json/json_memory.h"

/* ---- errors ----------------------------------------------------------------------------------------------------- */

/* Appends at text[n..size) and returns the new length, at most size - 1. */
static size_t append(char *text, size_t size, size_t n, const char *format, ...) SW_PRINTF(4, 5);

static size_t append(char *text, size_t size, size_t n, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int added = vsnprintf(text + n, size - n, format, args);
    va_end(args);
    const size_t wanted = added > 0 ? n + (size_t)added : n;
    return wanted < size ? wanted : size - 1;
}

/* Recurses as deep as the place, which is as deep as the tables of the caller. */
static size_t write_place(const json_place *at, char *out, size_t size)
{
    if (at == NULL)
        return 0;
    const size_t n = write_place(at->up, out, size);
    if (at->name == NULL)
        return append(out, size, n, "[%zu]", at->i);
    return append(out, size, n, "%s%s", n > 0 ? "." : "", at->name);
}

void json_place_write(const json_place *at, char *out, size_t size)
{
    out[0] = '\0';
    write_place(at, out, size);
}

bool json_fail(json_reader *r, const json_place *at, json_fault_kind kind, const char *format, ...)
{
    json_fault *const f = &r->fault;
    if (f->kind != JSON_FAULT_NONE)
        return false;
    f->kind = kind;
    json_place_write(at, f->path, sizeof f->path);
    va_list args;
    va_start(args, format);
    vsnprintf(f->message, sizeof f->message, format, args);
    va_end(args);
    utf8_replace_invalid(f->path, strlen(f->path));
    utf8_replace_invalid(f->message, strlen(f->message));
    return false;
}

/* What a sentence calls the value: its path, or the document's name. */
typedef struct subject {
    char text[96];
} subject;

static subject subject_of(const json_reader *r, const json_place *at)
{
    subject s = {""};
    if (at != NULL)
        json_place_write(at, s.text, sizeof s.text);
    else
        snprintf(s.text, sizeof s.text, "%s", r->document);
    return s;
}

bool json_fail_type(json_reader *r, const json_place *at, const char *wanted)
{
    return json_fail(r, at, JSON_FAULT_TYPE, "%s must be %s", subject_of(r, at).text, wanted);
}

bool json_fail_missing(json_reader *r, const json_place *at)
{
    return json_fail(r, at, JSON_FAULT_MISSING, "%s is required", subject_of(r, at).text);
}

bool json_fail_memory(json_reader *r)
{
    return json_fail(r, NULL, JSON_FAULT_MEMORY, "not enough memory to read %s", r->document);
}

/* ---- the document ----------------------------------------------------------------------------------------------- */

/* jansson recurses, so the nesting of the text is checked before it is parsed. */
static bool depth_is_bounded(const char *s, size_t n)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < n; i++) {
        if (in_string) {
            if (s[i] == '\\')
                i++;
            else if (s[i] == '"')
                in_string = false;
        } else if (s[i] == '"') {
            in_string = true;
        } else if (s[i] == '[' || s[i] == '{') {
            if (++depth > LIMIT_JSON_DEPTH)
                return false;
        } else if ((s[i] == ']' || s[i] == '}') && depth > 0) {
            depth--;
        }
    }
    return true;
}

/* Replaces U+0000 in one string by U+FFFD, as HTML and CommonMark do: texts end at a NUL here. */
static void replace_in_string(json_t *string)
{
    const size_t n = json_string_length(string);
    const char *const s = json_string_value(string);
    buf text;
    if (memchr(s, '\0', n) == NULL)
        return;
    buf_init(&text, 3 * n);
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\0')
            buf_puts(&text, "\xef\xbf\xbd");
        else
            buf_putc(&text, s[i]);
    }
    if (text.failed != SW_OK || json_string_setn(string, buf_str(&text), text.size) != 0)
        json_memory_fail();
    buf_free(&text);
}

/* Recurses as deep as the document, at most LIMIT_JSON_DEPTH. */
static void replace_nul(json_t *value)
{
    const char *name;
    json_t *member;
    if (json_is_string(value))
        replace_in_string(value);
    for (size_t i = 0; i < json_array_size(value); i++)
        replace_nul(json_array_get(value, i));
    json_object_foreach(value, name, member)
    {
        replace_nul(member);
    }
}

static bool has_escaped_nul(const char *text, size_t n)
{
    static const char NUL[] = "\\u0000";
    for (const char *p = text; (p = memchr(p, '\\', n - (size_t)(p - text))) != NULL; p++) {
        if (n - (size_t)(p - text) >= sizeof NUL - 1 && memcmp(p, NUL, sizeof NUL - 1) == 0)
            return true;
    }
    return false;
}

json_t *json_load_text(json_reader *r, const char *text, size_t n, const json_load_options *options)
{
    if (n > options->bytes_max) {
        json_fail(r, NULL, JSON_FAULT_SIZE, "%s may have %zu bytes at most, this one has %zu", r->document,
                  options->bytes_max, n);
        return NULL;
    }
    if (!depth_is_bounded(text, n)) {
        json_fail(r, NULL, JSON_FAULT_DEPTH, "%s nests deeper than %d levels", r->document, LIMIT_JSON_DEPTH);
        return NULL;
    }
    json_error_t why = {0};
    if (!json_memory_begin(n)) {
        json_fail_memory(r);
        return NULL;
    }
    const size_t flags = (options->refuse_repeated ? JSON_REJECT_DUPLICATES : 0) | //
                         (options->replace_nul ? JSON_ALLOW_NUL : 0);
    json_t *root = json_memory_read(text, n, flags, &why);
    if (options->replace_nul && root != NULL && has_escaped_nul(text, n))
        replace_nul(root);
    if (!json_memory_end(&root))
        json_fail_memory(r);
    else if (root == NULL)
        json_fail(r, NULL, JSON_FAULT_SYNTAX, "line %d, column %d: %s", why.line, why.column, why.text);
    return root;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

static bool is_integer_field(const json_field *f)
{
    return f->type == FIELD_INT || f->type == FIELD_INT64;
}

bool json_check_range(json_reader *r, const json_field *f, const json_place *at, double x)
{
    if (x >= f->min && x <= f->max && !(f->is_above_min && x == f->min))
        return true;
    return json_fail(r, at, JSON_FAULT_RANGE, "%s must be a %snumber %s %.19g to %.19g, got %.10g",
                     subject_of(r, at).text, is_integer_field(f) ? "whole " : "", f->is_above_min ? "above" : "from",
                     f->min, f->max, x);
}

static bool take_integer(json_reader *r, const json_field *f, const json_place *at, const json_t *value, char *out)
{
    if (!json_is_integer(value))
        return json_fail_type(r, at, "a whole number");
    const int64_t x = json_integer_value(value);
    if (!json_check_range(r, f, at, (double)x))
        return false;
    const int narrow = (int)x;
    if (f->type == FIELD_INT)
        memcpy(out, &narrow, sizeof narrow);
    else
        memcpy(out, &x, sizeof x);
    return true;
}

static bool take_number(json_reader *r, const json_field *f, const json_place *at, const json_t *value, char *out)
{
    if (!json_is_number(value))
        return json_fail_type(r, at, "a number");
    const double x = json_number_value(value);
    const float narrow = (float)x;
    if (!json_check_range(r, f, at, x) || !json_check_range(r, f, at, f->type == FIELD_FLOAT ? (double)narrow : x))
        return false;
    if (f->type == FIELD_FLOAT)
        memcpy(out, &narrow, sizeof narrow);
    else
        memcpy(out, &x, sizeof x);
    return true;
}

static bool take_text(json_reader *r, const json_field *f, const json_place *at, const json_t *value, char *out)
{
    if (!json_is_string(value))
        return json_fail_type(r, at, "a string");
    const char *text = json_string_value(value);
    const size_t n = json_string_length(value);
    if (f->max > 0 && ((double)n < f->min || (double)n > f->max))
        return json_fail(r, at, JSON_FAULT_RANGE, "%s must be a text of %.0f to %.0f bytes, got %zu",
                         subject_of(r, at).text, f->min, f->max, n);
    if (r->keep != NULL)
        text = arena_copy(r->keep, text, n);
    if (text == NULL)
        return json_fail_memory(r);
    memcpy(out, &text, sizeof text);
    return true;
}

static bool take_choice(json_reader *r, const json_field *f, const json_place *at, const json_t *value, char *out)
{
    if (!json_is_string(value))
        return json_fail_type(r, at, "a string");
    const char *const name = json_string_value(value);
    char names[160];
    size_t n = 0;
    names[0] = '\0';
    for (const json_choice *c = f->choices; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            memcpy(out, &c->value, sizeof c->value);
            return true;
        }
        n = append(names, sizeof names, n, "%s%s", n > 0 ? ", " : "", c->name);
    }
    return json_fail(r, at, JSON_FAULT_RANGE, "%s must be one of %s, got '%.40s'", subject_of(r, at).text, names, name);
}

bool json_read_value(json_reader *r, const json_field *f, const json_place *at, const json_t *value, void *target)
{
    char *const out = (char *)target + f->offset;
    switch (f->type) {
    case FIELD_BOOL:
        if (!json_is_boolean(value))
            return json_fail_type(r, at, "true or false");
        *(bool *)out = json_is_true(value);
        return true;
    case FIELD_INT:
    case FIELD_INT64: return take_integer(r, f, at, value, out);
    case FIELD_FLOAT:
    case FIELD_DOUBLE: return take_number(r, f, at, value, out);
    case FIELD_TEXT: return take_text(r, f, at, value, out);
    case FIELD_CHOICE: return take_choice(r, f, at, value, out);
    case FIELD_CUSTOM: break;
    }
    return f->take(r, f, at, value, target);
}

/* ---- objects ---------------------------------------------------------------------------------------------------- */

bool json_table_has(const json_table *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++) {
        if (strcmp(table->fields[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool check_unknown(json_reader *r, const json_place *at, const json_t *object, const json_table *table)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        const json_place place = {at, name, 0};
        if (!json_table_has(table, name))
            return json_fail(r, &place, JSON_FAULT_UNKNOWN, "%s is not a known member of %s",
                             subject_of(r, &place).text, at != NULL ? subject_of(r, at).text : r->document);
    }
    return true;
}

bool json_read_object(json_reader *r, const json_place *at, const json_t *object, const json_table *table, void *target)
{
    if (!json_is_object(object))
        return json_fail_type(r, at, at != NULL ? "an object" : "a JSON object");
    if (table->refuse_unknown && !check_unknown(r, at, object, table))
        return false;
    for (size_t i = 0; i < table->n; i++) {
        const json_field *const f = &table->fields[i];
        const json_place place = {at, f->name, 0};
        const json_t *const value = json_object_get(object, f->name);
        const bool is_absent = value == NULL || (table->null_is_absent && json_is_null(value));
        if (is_absent && f->is_required)
            return json_fail_missing(r, &place);
        if (!is_absent && !json_read_value(r, f, &place, value, target))
            return false;
    }
    return true;
}
