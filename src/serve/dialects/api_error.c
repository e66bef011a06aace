/* api_error.c - the rows of api_error.h, and errors of the engine in their terms. */
#include "dialects/api_error.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "json/json_out.h"

static const struct {
    int status;
    const char *type, *code;
} ROWS[] = {[API_OK] = {200, "", ""},
#define API_ROW(name, status, type, code) [API_##name] = {status, type, code},
            API_ERROR_TABLE(API_ROW)
#undef API_ROW
};

bool api_fail(api_error *error, api_situation what, const char *param, const char *format, ...)
{
    *error = (api_error){.what = what};
    if (param != NULL)
        snprintf(error->param, sizeof error->param, "%s", param);
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    utf8_replace_invalid(error->message, strlen(error->message));
    utf8_replace_invalid(error->param, strlen(error->param));
    return false;
}

void api_from_engine(api_error *error, const sw_err *err, int n_ctx)
{
    switch (err->code) {
    case SW_EINVAL: api_fail(error, API_INVALID_VALUE, NULL, "%s", err->msg); break;
    case SW_EUNSUPPORTED: api_fail(error, API_UNSUPPORTED_VALUE, NULL, "%s", err->msg); break;
    case SW_ELIMIT:
        api_fail(error, API_CONTEXT_LENGTH, "messages", "%s", err->msg);
        error->n_ctx = n_ctx;
        break;
    case SW_EBUSY: api_fail(error, API_QUEUE_FULL, NULL, "%s", err->msg); break;
    case SW_ECANCELED: api_fail(error, API_SHUTTING_DOWN, NULL, "%s", err->msg); break;
    case SW_EIO: api_fail(error, API_DEVICE_LOST, NULL, "%s", err->msg); break; // jobs read no files
    case SW_ENOMEM: api_fail(error, API_OUT_OF_MEMORY, NULL, "%s", err->msg); break;
    default: api_fail(error, API_INTERNAL, NULL, "%s", err->msg);
    }
}

int api_status(const api_error *error)
{
    return ROWS[error->what].status;
}

const char *api_code(const api_error *error)
{
    return ROWS[error->what].code;
}

const char *api_type(const api_error *error)
{
    return ROWS[error->what].type;
}

int api_retry_after(const api_error *error)
{
    switch (error->what) {
    case API_QUEUE_FULL: return 1;
    case API_MODEL_LOADING:
    case API_DEVICE_LOST:
    case API_SHUTTING_DOWN: return 5;
    default: return 0;
    }
}

void api_error_write(buf *out, const api_error *error)
{
    json_t *body = json_pack("{s:s, s:s, s:s?, s:s}", "message", error->message, "type", api_type(error), "param",
                             error->param[0] != '\0' ? error->param : NULL, "code", api_code(error));
    if (error->what == API_CONTEXT_LENGTH)
        json_put(&body, "n_ctx", json_integer(error->n_ctx));
    json_write(out, json_pack("{s:o}", "error", body));
}
