/* json_values.c - figures as JSON, and documents as text that is safe inside HTML and on a terminal. */
#include <stdint.h>
#include <string.h>

#include "base/escape.h"
#include "report/json/json_parts.h"

enum { REAL_DIGITS = 9 }; // a nanosecond in a second; more would be noise

json_t *json_of_integer(int64_t value)
{
    return value >= 0 ? json_integer(value) : json_null();
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
        json_put_figure(&stats, members[i].name, members[i].value);
    return stats;
}

json_t *json_of_text(const char *text)
{
    json_t *const j = json_string(text);
    return j != NULL ? j : json_string("\xef\xbf\xbd");
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
        escape_json_document(out, buf_str(&text), text.size);
    buf_free(&text);
    if (!ok)
        return sw_fail(err, SW_ENOMEM, "the run cannot be written as JSON");
    return out->failed == SW_OK ? SW_OK : sw_fail(err, out->failed, "the report is too large");
}
