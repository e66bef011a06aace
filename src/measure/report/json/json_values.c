/* json_values.c - figures as JSON, and documents as text that is safe inside HTML and on a terminal. */
#include <stdlib.h>
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

sw_code json_append(buf *out, json_t *document, size_t flags, sw_err *err)
{
    char *const text = document != NULL ? json_dumps(document, flags | JSON_REAL_PRECISION(REAL_DIGITS)) : NULL;
    json_decref(document);
    if (text == NULL)
        return sw_fail(err, SW_ENOMEM, "the run cannot be written as JSON");
    escape_json_document(out, text, strlen(text));
    free(text);
    return out->failed == SW_OK ? SW_OK : sw_fail(err, out->failed, "the report is too large");
}
