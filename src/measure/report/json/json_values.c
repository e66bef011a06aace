/* json_values.c - figures as JSON, and documents as text that is safe inside HTML and on a terminal. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/escape.h"
#include "base/utf8.h"
#include "report/json/json_parts.h"

enum { REAL_DIGITS = 9 }; // a nanosecond in a second; more would be noise

json_t *json_of_figure(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_of_integer(int64_t value)
{
    return value >= 0 ? json_integer(value) : json_null();
}

/* `failed`: jansson has released the value, if there was one. */
static void check_added(json_t **to, int failed)
{
    if (failed != 0) {
        json_decref(*to);
        *to = NULL;
    }
}

void json_set(json_t **to, const char *name, json_t *value)
{
    check_added(to, json_object_set_new(*to, name, value));
}

void json_set_figure(json_t **to, const char *name, double value)
{
    json_set(to, name, json_of_figure(value));
}

void json_add(json_t **to, json_t *value)
{
    check_added(to, json_array_append_new(*to, value));
}

/* All percentiles, also those of few values: "n" lets the reader judge them. */
json_t *json_of_stats(const sample_stats *s)
{
    const struct {
        const char *name;
        double value;
    } members[] = {{"min", s->min}, {"p50", s->p50}, {"p75", s->p75},   {"p90", s->p90}, {"p95", s->p95},
                   {"p99", s->p99}, {"max", s->max}, {"mean", s->mean}, {"sd", s->sd},   {"cv", s->cv}};
    json_t *stats = json_pack("{s:I}", "n", (json_int_t)s->n);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_set_figure(&stats, members[i].name, members[i].value);
    return stats;
}

/* "<" and hidden characters occur only in strings; escaped, the one cannot end the script element around the document,
 * and the others cannot steer a terminal. */
static void put_safe(buf *out, const char *text)
{
    const char *const end = text + strlen(text);
    const char *plain = text; // what comes from here to `text` is appended at once
    while (text < end) {
        uint32_t cp = (unsigned char)*text;
        const int n = cp < 0x80 ? 1 : utf8_decode((const uint8_t *)text, (size_t)(end - text), &cp);
        const int length = n > 0 ? n : 1; // jansson writes UTF-8 only
        if (n > 0 && (cp == '<' || escape_is_hidden(cp))) {
            buf_append(out, plain, (size_t)(text - plain));
            buf_printf(out, "\\u%04x", (unsigned)cp);
            plain = text + length;
        }
        text += length;
    }
    buf_append(out, plain, (size_t)(text - plain));
}

static int append(const char *text, size_t n, void *out)
{
    buf_append(out, text, n);
    return ((const buf *)out)->failed == SW_OK ? 0 : -1;
}

/* The buffer tells whether a part is missing: jansson does not notice when the name of a member could not be written.
 */
sw_code json_append(buf *out, json_t *document, size_t flags, sw_err *err)
{
    buf text;
    buf_init(&text, SIZE_MAX);
    const bool ok = document != NULL &&
                    json_dump_callback(document, append, &text, flags | JSON_REAL_PRECISION(REAL_DIGITS)) == 0 &&
                    text.failed == SW_OK;
    json_decref(document);
    if (ok)
        put_safe(out, buf_str(&text));
    buf_free(&text);
    if (!ok)
        return sw_fail(err, SW_ENOMEM, "the run cannot be written as JSON");
    return out->failed == SW_OK ? SW_OK : sw_fail(err, out->failed, "the report is too large");
}
