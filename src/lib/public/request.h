/* request.h - a generation request from outside, checked field by field and turned into prompt tokens. */
#ifndef PUBLIC_REQUEST_H
#define PUBLIC_REQUEST_H

#include "chat/chat.h"
#include "spillway.h"
#include "token/vocab.h"

/* Checks every field; errors are SW_EINVAL or SW_ELIMIT and begin with the field's name. */
SW_NODISCARD sw_code request_check(const sw_request *request, int n_vocab, sw_err *err);

/* "YYYY-MM-DD"?  Errors: SW_EINVAL. */
SW_NODISCARD sw_code request_check_date(const char *date, sw_err *err);

/* Appends the prompt's tokens of a checked request: the rendered chat, or the raw text with the special tokens that the
 * model wants around a text.  date: what the model is told where the request says nothing; NULL: today.  Errors:
 * SW_EINVAL (names messages[i]), SW_ENOMEM. */
SW_NODISCARD sw_code request_tokens(const sw_request *request, chat_format format, const char *date,
                                    const vocabulary *vocab, token_list *out, sw_err *err);

/* The same prompt as text, special tokens spelled out; appends to `out`.  Errors: the same, SW_ELIMIT. */
SW_NODISCARD sw_code request_text(const sw_request *request, chat_format format, const char *date,
                                  const vocabulary *vocab, buf *out, sw_err *err);

#endif
