/* json_out.c - builds and writes documents whose errors stick. */
#include "json/json_out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int append(const char *text, size_t n, void *out)
{
    buf_append(out, text, n);
    return ((const buf *)out)->failed == SW_OK ? 0 : -1;
}

void json_write(buf *out, json_t *value)
{
    // 15 digits are what a double holds for sure; 17 would print 0.3 as 0.29999999999999999.
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(15);
    const int status = value != NULL ? json_dump_callback(value, append, out, flags) : -1;
    if (status != 0 && out->failed == SW_OK)
        out->failed = SW_ENOMEM;
    json_decref(value);
}

/* ---- as Python writes it ---- */

/* A string, an integer, true, false or null. */
static void write_leaf(buf *out, const json_t *value)
{
    if (json_dump_callback(value, append, out, JSON_ENCODE_ANY) != 0 && out->failed == SW_OK)
        out->failed = SW_ENOMEM;
}

static void write_real(buf *out, double x)
{
    char text[32];
    if (fabs(x) < 1e16 && x == floor(x)) {
        buf_printf(out, "%.1f", x);
        return;
    }
    for (int n_digits = 15; n_digits <= 17; n_digits++) {
        snprintf(text, sizeof text, "%.*g", n_digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    buf_puts(out, text);
}

static void write_members(buf *out, const json_t *object)
{
    const char *name, *separator = "";
    json_t *value;
    buf_putc(out, '{');
    json_object_foreach((json_t *)object, name, value)
    {
        json_t *const text = json_string(name);
        buf_puts(out, separator);
        write_leaf(out, text);
        buf_puts(out, ": ");
        json_write_spaced(out, value);
        json_decref(text);
        separator = ", ";
    }
    buf_putc(out, '}');
}

void json_write_spaced(buf *out, const json_t *value)
{
    if (json_is_object(value)) {
        write_members(out, value);
    } else if (json_is_array(value)) {
        buf_putc(out, '[');
        for (size_t i = 0; i < json_array_size(value); i++) {
            buf_puts(out, i > 0 ? ", " : "");
            json_write_spaced(out, json_array_get(value, i));
        }
        buf_putc(out, ']');
    } else if (json_is_real(value)) {
        write_real(out, json_real_value(value));
    } else {
        write_leaf(out, value);
    }
}

/* ---- building ---- */

/* Keeps *document if status is 0 and frees it otherwise. */
static void keep_if(json_t **document, int status)
{
    if (status == 0)
        return;
    json_decref(*document);
    *document = NULL;
}

void json_put(json_t **object, const char *key, json_t *value)
{
    keep_if(object, json_object_set_new(*object, key, value));
}

void json_put_figure(json_t **object, const char *key, double x)
{
    json_put(object, key, json_figure(x));
}

void json_push(json_t **array, json_t *value)
{
    keep_if(array, json_array_append_new(*array, value));
}

json_t *json_number(double x)
{
    return json_real(isfinite(x) ? round(x * 1000) / 1000 : 0);
}

json_t *json_figure(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *json_timestamp(int64_t unix_s)
{
    char text[32];
    struct tm utc;
    const time_t t = (time_t)unix_s;
    if (gmtime_r(&t, &utc) == NULL || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        return json_string("1970-01-01T00:00:00Z"); // no calendar has such a year
    return json_string(text);
}
