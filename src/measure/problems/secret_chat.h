/* secret_chat.h - a conversation of a given length in which the user tells things about himself at given depths.
 *
 * It is the context that small models can use: the demo models recall what was said many exchanges ago, and nothing of
 * a long message.  Both sides are made here, so that every model reads the same context.
 */
#ifndef PROBLEMS_SECRET_CHAT_H
#define PROBLEMS_SECRET_CHAT_H

#include "problems/secret_text.h"

enum { CHAT_SECRETS_MAX = 8 };

typedef struct secret_exchange {
    const char *user, *assistant;
} secret_exchange;

typedef struct secret_chat {
    const secret_exchange *exchanges; // (n_exchanges)
    size_t n_exchanges;
    int64_t n_tokens; // as counted or estimated, with a few for the marks of each message
    secret *secrets;  // their depths are shares of the tokens
    size_t n_secrets;
} secret_chat;

/* *out is in `keep`; options as for a text, with at most CHAT_SECRETS_MAX depths.  The count function is asked for each
 * different exchange once.  Errors: SW_EINVAL (names the option), SW_ENOMEM. */
SW_NODISCARD sw_code secret_chat_make(const secret_options *options, arena *keep, const secret_chat **out, sw_err *err);

#endif
