#include "server/api_error.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "server/json_out.h"

static const struct {
    int status;
    const char *type, *code;
} ROWS[] = {[SW_API_OK] = {200, "", ""},
#define SW_API_ROW(name, status, type, code) [SW_API_##name] = {status, type, code},
            SW_API_ERROR_TABLE(SW_API_ROW)
#undef SW_API_ROW
};

/* Names of clients and files may stand in a sentence, cut anywhere: bytes that are no character become '?'. */
static void make_utf8(char *s)
{
    const size_t n = strlen(s);
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        const int length = sw_utf8_decode((const uint8_t *)s + i, n - i, &cp);
        if (length == 0)
            s[i] = '?';
        i += length > 0 ? (size_t)length : 1;
    }
}

bool sw__api_fail(sw_api_error *error, sw_api_situation what, const char *param, const char *format, ...)
{
    *error = (sw_api_error){.what = what};
    if (param != NULL)
        snprintf(error->param, sizeof error->param, "%s", param);
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    make_utf8(error->message);
    make_utf8(error->param);
    return false;
}

void sw__api_from_engine(sw_api_error *error, const sw_err *err, int n_ctx)
{
    switch (err->code) {
    case SW_EINVAL: sw__api_fail(error, SW_API_INVALID_VALUE, NULL, "%s", err->msg); break;
    case SW_EUNSUPPORTED: sw__api_fail(error, SW_API_UNSUPPORTED_VALUE, NULL, "%s", err->msg); break;
    case SW_ELIMIT:
        sw__api_fail(error, SW_API_CONTEXT_LENGTH, "messages", "%s", err->msg);
        error->n_ctx = n_ctx;
        break;
    case SW_EBUSY: sw__api_fail(error, SW_API_QUEUE_FULL, NULL, "%s", err->msg); break;
    case SW_ECANCELED: sw__api_fail(error, SW_API_SHUTTING_DOWN, NULL, "%s", err->msg); break;
    case SW_ENOMEM: sw__api_fail(error, SW_API_OUT_OF_MEMORY, NULL, "%s", err->msg); break;
    default: sw__api_fail(error, SW_API_INTERNAL, NULL, "%s", err->msg);
    }
}

int sw__api_status(const sw_api_error *error)
{
    return ROWS[error->what].status;
}

const char *sw__api_code(const sw_api_error *error)
{
    return ROWS[error->what].code;
}

const char *sw__api_type(const sw_api_error *error)
{
    return ROWS[error->what].type;
}

int sw__api_retry_after(const sw_api_error *error)
{
    switch (error->what) {
    case SW_API_QUEUE_FULL: return 1;
    case SW_API_MODEL_LOADING:
    case SW_API_SHUTTING_DOWN: return 5;
    default: return 0;
    }
}

void sw__api_error_write(sw_buf *out, const sw_api_error *error)
{
    json_t *const body = json_pack("{s:s, s:s, s:s?, s:s}", "message", error->message, "type", sw__api_type(error),
                                   "param", error->param[0] != '\0' ? error->param : NULL, "code", sw__api_code(error));
    if (error->what == SW_API_CONTEXT_LENGTH)
        json_object_set_new(body, "n_ctx", json_integer(error->n_ctx));
    sw__json_write(out, json_pack("{s:o}", "error", body));
}
