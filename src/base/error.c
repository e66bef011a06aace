/* error.c - the functions of spillway/error.h; the first error set is the one that is reported. */
#include "spillway/error.h"

#include <stdarg.h>
#include <stdio.h>

sw_code sw_fail(sw_err *err, sw_code code, const char *fmt, ...)
{
    if (err != NULL && err->code == SW_OK) {
        err->code = code;
        va_list args;
        va_start(args, fmt);
        vsnprintf(err->msg, sizeof err->msg, fmt, args);
        va_end(args);
    }
    return code;
}

void sw_err_clear(sw_err *err)
{
    err->code = SW_OK;
    err->msg[0] = '\0';
}

const char *sw_code_name(sw_code code)
{
    switch (code) {
    case SW_OK: return "ok";
    case SW_EINVAL: return "invalid";
    case SW_EFORMAT: return "format";
    case SW_EUNSUPPORTED: return "unsupported";
    case SW_EIO: return "io";
    case SW_ENOMEM: return "memory";
    case SW_ELIMIT: return "limit";
    case SW_ENOTFOUND: return "not found";
    case SW_EBUSY: return "busy";
    case SW_ECANCELED: return "canceled";
    case SW_ENUMERIC: return "numeric";
    }
    return "unknown";
}
