/* target.h - a server that is measured: its address, its key, and what it says about itself.
 *
 * A target is checked once, so that any number of transfers may share it; all that they change is which fields the
 * server was seen to refuse.  Its own requests (health, lists, documents) are small, blocking and bounded by a few
 * seconds; only one thread at a time may make them.  A target must outlive its transfers.
 */
#ifndef CLIENT_TARGET_H
#define CLIENT_TARGET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spillway/error.h"

typedef struct chat_target chat_target;

/* `url` is "http://host:port", with or without "http://" and "/v1"; `api_key` may be NULL.  Both are copied, nothing is
 * sent. Errors: SW_EINVAL (the URL or the key), SW_ENOMEM. */
SW_NODISCARD sw_code target_open(chat_target **out, const char *url, const char *api_key, sw_err *err);
/* NULL is accepted. */
void target_close(chat_target *target);

/* The URL without a trailing "/" and "/v1". */
const char *target_base(const chat_target *target);
/* The server's port if it is on this machine, else 0. */
int target_loopback_port(const chat_target *target);

/* True if GET /health (or, on servers without it, GET /v1/models) is answered with 200. */
bool target_is_healthy(chat_target *target);

/* The JSON document at `path` ("/v1/placement"), which the caller releases with json_decref; NULL after an error.
 * Errors: SW_EIO (no answer in time), SW_ENOTFOUND (404, 405 or 501: this server has no such path), SW_EINVAL (another
 * status than 200), SW_EFORMAT (not an object or array, or more than a MiB), SW_ENOMEM. */
SW_NODISCARD sw_code target_get_json(chat_target *target, const char *path, json_t **out, sw_err *err);
/* The Server header of the last answer to one of these requests, or "" if it had none. */
const char *target_software(const chat_target *target);

/* The ids of the models that a server lists. */
typedef struct model_list {
    char **ids; // (n)
    size_t n;
} model_list;

/* All models that the server lists, in its order; free them with model_list_free, after a failure too.  Errors: SW_EIO
 * (no answer, or not 200), SW_ENOTFOUND (the list is empty or not a list), SW_ENOMEM. */
SW_NODISCARD sw_code target_list_models(chat_target *target, model_list *out, sw_err *err);
void model_list_free(model_list *list);
bool model_list_has(const model_list *list, const char *id);

/* Optional fields of requests that the server refused, as question_drop has them.  Any thread may call these. */
unsigned target_refused_fields(const chat_target *target);
void target_refuses(const chat_target *target, unsigned fields);
/* A number that no other call for this target returns. */
uint64_t target_next_nonce(const chat_target *target);

/* Readies `easy`, a CURL handle, for GET (json NULL) or POST of `path` on this target.  The handle refers to the
 * target's header lines; `json` is copied.  Errors: SW_EINVAL (the address is too long), SW_ENOMEM. */
SW_NODISCARD sw_code target_prepare(const chat_target *target, void *easy, const char *path, const char *json,
                                    sw_err *err);
/* The same for a GET of `path` that asks for a WebSocket; curl then sends what its read callback returns as it is. */
SW_NODISCARD sw_code target_prepare_ws(const chat_target *target, void *easy, const char *path, sw_err *err);

#endif
