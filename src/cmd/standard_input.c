/* standard_input.c - blocks of standard input into a bounded buffer. */
#include "cmd/standard_input.h"

#include <stdio.h>

sw_code standard_input_read(buf *out, sw_err *err)
{
    char block[65536];
    size_t n;
    while (out->failed == SW_OK && (n = fread(block, 1, sizeof block, stdin)) > 0)
        buf_append(out, block, n);
    if (out->failed == SW_ELIMIT)
        return sw_fail(err, SW_ELIMIT, "standard input: more than %zu bytes", out->max);
    if (out->failed != SW_OK)
        return sw_fail(err, SW_ENOMEM, "standard input: out of memory");
    if (ferror(stdin))
        return sw_fail(err, SW_EIO, "standard input cannot be read");
    return SW_OK;
}
