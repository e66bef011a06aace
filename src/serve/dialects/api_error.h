/* api_error.h - errors as HTTP clients see them.
 *
 * One row per situation of the API: status, type and code are fixed there, so that a caller names the situation and
 * adds only the member and a sentence.  Written here in OpenAI's form, with four members always; a family with another
 * form writes its own from the same situation.
 */
#ifndef DIALECTS_API_ERROR_H
#define DIALECTS_API_ERROR_H

#include <stdbool.h>

#include "base/buf.h"
#include "spillway/error.h"

// clang-format off
#define API_ERROR_TABLE(X) \
    X(BAD_HEADER,            400, "invalid_request_error", "invalid_header") \
    X(INVALID_JSON,          400, "invalid_request_error", "invalid_json") \
    X(MISSING_PARAMETER,     400, "invalid_request_error", "missing_required_parameter") \
    X(INVALID_TYPE,          400, "invalid_request_error", "invalid_type") \
    X(INVALID_VALUE,         400, "invalid_request_error", "invalid_value") \
    X(UNSUPPORTED_PARAMETER, 400, "invalid_request_error", "unsupported_parameter") \
    X(UNSUPPORTED_VALUE,     400, "invalid_request_error", "unsupported_value") \
    X(CONTEXT_LENGTH,        400, "invalid_request_error", "context_length_exceeded") \
    X(BAD_KEY,               401, "authentication_error",  "invalid_api_key") \
    X(FORBIDDEN,             403, "permission_error",      "forbidden") \
    X(MODEL_NOT_FOUND,       404, "invalid_request_error", "model_not_found") \
    X(UNKNOWN_URL,           404, "invalid_request_error", "unknown_url") \
    X(REQUEST_NOT_FOUND,     404, "invalid_request_error", "request_not_found") \
    X(METHOD_NOT_ALLOWED,    405, "invalid_request_error", "method_not_allowed") \
    X(REQUEST_TIMEOUT,       408, "invalid_request_error", "request_timeout") \
    X(CANCELLED,             409, "invalid_request_error", "cancelled") \
    X(LENGTH_REQUIRED,       411, "invalid_request_error", "length_required") \
    X(MODEL_BUSY,            409, "invalid_request_error", "model_busy") \
    X(TOO_LARGE,             413, "invalid_request_error", "request_too_large") \
    X(QUEUE_FULL,            429, "rate_limit_error",      "queue_full") \
    X(HEADER_TOO_LARGE,      431, "invalid_request_error", "header_too_large") \
    X(INTERNAL,              500, "server_error",          "internal_error") \
    X(OUT_OF_MEMORY,         500, "server_error",          "out_of_memory") \
    X(NOT_SUPPORTED,         501, "not_supported_error",   "not_supported") \
    X(MODEL_LOADING,         503, "unavailable_error",     "model_loading") \
    X(DEVICE_LOST,           503, "unavailable_error",     "device_lost") \
    X(NO_MODEL,              503, "unavailable_error",     "no_model") \
    X(SHUTTING_DOWN,         503, "unavailable_error",     "shutting_down")
// clang-format on

typedef enum api_situation {
    API_OK = 0,
#define API_ENUM(name, status, type, code) API_##name,
    API_ERROR_TABLE(API_ENUM)
#undef API_ENUM
} api_situation;

typedef struct api_error {
    api_situation what;
    char param[96]; // the member, such as "messages[1].content"; empty: null in JSON
    char message[SW_ERR_MSG_BYTES];
    int n_ctx; // CONTEXT_LENGTH: tokens a sequence may hold
} api_error;

/* Fills *error and returns false, so that a parser can `return api_fail(...)`.  `param` may be NULL. */
bool api_fail(api_error *error, api_situation what, const char *param, const char *format, ...) SW_PRINTF(4, 5);

/* The HTTP error for a failure of the engine. */
void api_from_engine(api_error *error, const sw_err *err, int n_ctx);

int api_status(const api_error *error);
const char *api_code(const api_error *error);
const char *api_type(const api_error *error);

/* Seconds for a Retry-After header; 0: none. */
int api_retry_after(const api_error *error);

/* Appends {"error":{...}}. */
void api_error_write(buf *out, const api_error *error);

#endif
