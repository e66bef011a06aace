/* server_post.h - one question to a server outside of the tests: a small JSON body, and the document that answers it.
 */
#ifndef HOSTS_SERVER_POST_H
#define HOSTS_SERVER_POST_H

#include <jansson.h>
#include <stdatomic.h>

#include "client/target.h"

/* Sends `body` to `path`; the answer has at most a MiB and is the caller's (json_decref), NULL after an error.  Errors:
 * SW_EIO (no answer within timeout_s), SW_EINVAL (a status other than 200), SW_EFORMAT (no JSON, or too much of it),
 * SW_ECANCELED, SW_ENOMEM. */
SW_NODISCARD sw_code server_post(const chat_target *target, const char *path, const char *body, double timeout_s,
                                 const atomic_bool *cancel, json_t **out, sw_err *err);

/* Asks `model` for one token, which loads it if that is still to be done.  The same errors. */
SW_NODISCARD sw_code server_post_token(const chat_target *target, const char *model, double timeout_s,
                                       const atomic_bool *cancel, sw_err *err);

#endif
