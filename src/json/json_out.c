/* json_out.c - builds and writes documents whose errors stick. */
#include "json/json_out.h"

#include <math.h>

static int append(const char *text, size_t n, void *out)
{
    buf_append(out, text, n);
    return ((const buf *)out)->failed == SW_OK ? 0 : -1;
}

void json_write(buf *out, json_t *value)
{
    // 15 digits are what a double holds for sure; 17 would print 0.3 as 0.29999999999999999.
    const int status =
        value != NULL ? json_dump_callback(value, append, out, JSON_COMPACT | JSON_REAL_PRECISION(15)) : -1;
    if (status != 0 && out->failed == SW_OK)
        out->failed = SW_ENOMEM;
    json_decref(value);
}

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

void json_push(json_t **array, json_t *value)
{
    keep_if(array, json_array_append_new(*array, value));
}

json_t *json_number(double x)
{
    return json_real(isfinite(x) ? round(x * 1000) / 1000 : 0);
}
