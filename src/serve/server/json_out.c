#include "server/json_out.h"

#include <math.h>

static int append(const char *text, size_t n, void *out)
{
    buf_append(out, text, n);
    return ((const buf *)out)->failed == SW_OK ? 0 : -1;
}

void json_write(buf *out, json_t *value)
{
    const int status =
        value != NULL ? json_dump_callback(value, append, out, JSON_COMPACT | JSON_REAL_PRECISION(15)) : -1;
    if (status != 0 && out->failed == SW_OK)
        out->failed = SW_ENOMEM;
    json_decref(value);
}

json_t *json_number(double x)
{
    return json_real(isfinite(x) ? round(x * 1000) / 1000 : 0);
}
