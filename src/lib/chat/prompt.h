/* prompt.h - building the tokens of a prompt from markers and text.
 *
 * Markers are written as ids.  The text between two markers is collected and encoded at once, because tokens form
 * across the border of a literal and a message; special parsing is off, so no message contains a marker.  Errors are
 * sticky: the first one is kept and later calls do nothing.
 */
#ifndef CHAT_PROMPT_H
#define CHAT_PROMPT_H

#include "base/buf.h"
#include "spillway/error.h"
#include "token/vocab.h"

typedef struct prompt_builder {
    const vocabulary *v;
    token_list *out; // the caller's
    sw_err *err;
    sw_code code;        // the first error
    buf text;            // since the last marker
    size_t n_bytes;      // of text in all, at most LIMIT_PROMPT_BYTES
    int32_t last_marker; // or TOKEN_NONE
    size_t n_tokens_max; // fewer than this must be enough; 0: no bound
    size_t n_before;     // tokens in *out that do not belong to the prompt
} prompt_builder;

/* Starts a prompt that is appended to *out; v, out and err must live until prompt_end.  A prompt that cannot have fewer
 * than n_tokens_max tokens is SW_ELIMIT before its text is encoded; 0: no bound. */
void prompt_begin(prompt_builder *p, const vocabulary *v, size_t n_tokens_max, token_list *out, sw_err *err);
/* The same for n_bytes of text after n tokens.  Errors: SW_ELIMIT. */
SW_NODISCARD sw_code prompt_check_bytes(const vocabulary *v, size_t n_bytes, size_t n, size_t n_tokens_max,
                                        sw_err *err);
/* Encodes the last text, frees everything and returns the first error: SW_EINVAL, SW_ELIMIT, SW_ENOMEM. */
SW_NODISCARD sw_code prompt_end(prompt_builder *p);

/* Text, literal or from outside. */
void prompt_text(prompt_builder *p, const char *text);
void prompt_bytes(prompt_builder *p, const char *text, size_t n);
/* A special token by its text; SW_EINVAL if the vocabulary does not have it. */
void prompt_marker(prompt_builder *p, const char *marker);
/* A marker if the vocabulary has it as a token, otherwise its text. */
void prompt_marker_or_text(prompt_builder *p, const char *marker);
/* BOS, if the file asks for one.  Formats whose template writes BOS itself use prompt_id(vocab_bos). */
void prompt_bos_if_added(prompt_builder *p);
/* A special token by its id; TOKEN_NONE writes nothing. */
void prompt_id(prompt_builder *p, int32_t id);

#endif
