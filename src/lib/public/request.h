/* request.h - a generation request from outside: checked field by field, then turned into the tokens of a prompt. */
#ifndef PUBLIC_REQUEST_H
#define PUBLIC_REQUEST_H

#include "chat/chat.h"
#include "spillway.h"
#include "token/vocab.h"

/* What an engine contributes to every prompt. */
typedef struct request_context {
    chat_format format;
    vocabulary *vocab;
    const char *date;      // "YYYY-MM-DD" for requests without a date; NULL: today by `clock`
    const sw_clock *clock; // NULL: the system's
    int n_ctx;             // tokens that a sequence may hold; 0: prompts have no bound
} request_context;

/* Checks every field.  Errors: SW_EINVAL or SW_ELIMIT; the message begins with the name of the field. */
SW_NODISCARD sw_code request_check(const sw_request *request, int n_vocab, sw_err *err);

/* Checks that a date reads YYYY-MM-DD.  Errors: SW_EINVAL. */
SW_NODISCARD sw_code request_check_date(const char *date, sw_err *err);

/* Appends the tokens of a checked request's prompt to *out: the rendered chat, the raw text with the special tokens
 * that the model needs around a text, or the ids as they are.  A text of so many bytes that it cannot fit the context
 * is not encoded.  Errors: SW_EINVAL (names messages[i]), SW_ELIMIT, SW_ENOMEM. */
SW_NODISCARD sw_code request_tokens(const sw_request *request, const request_context *context, token_list *out,
                                    sw_err *err);

/* Appends the same prompt as text to *out, with special tokens spelled out.  Errors: the same. */
SW_NODISCARD sw_code request_text(const sw_request *request, const request_context *context, buf *out, sw_err *err);

#endif
