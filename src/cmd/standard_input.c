/* standard_input.c - standard input, read piece by piece into a bounded buffer. */
#include "cmd/standard_input.h"

#include <stdio.h>

sw_code standard_input_read(buf *out, sw_err *err)
{
    char bytes[65536];
    size_t n;
    while (out->failed == SW_OK && (n = fread(bytes, 1, sizeof bytes, stdin)) > 0)
        buf_append(out, bytes, n);
    if (out->failed == SW_ELIMIT)
        return sw_fail(err, SW_ELIMIT, "standard input: more than %zu bytes", out->max);
    if (out->failed != SW_OK)
        return sw_fail(err, SW_ENOMEM, "standard input: out of memory");
    if (ferror(stdin))
        return sw_fail(err, SW_EIO, "standard input cannot be read");
    return SW_OK;
}
