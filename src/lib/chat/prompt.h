/* prompt.h - building a prompt from markers and text.
 *
 * Markers are written as ids; the text between two markers is gathered and encoded in one go with special parsing off,
 * because tokens form across the border of a literal and a message.  Errors are sticky: the first one stays.
 */
#ifndef CHAT_PROMPT_H
#define CHAT_PROMPT_H

#include "base/buf.h"
#include "chat/chat.h"

typedef struct prompt_builder {
    const vocabulary *v;
    token_list *out;
    sw_err *err;
    sw_code code;
    buf text;            // since the last marker
    size_t n_bytes;      // of text in all
    int32_t last_marker; // or TOKEN_NONE
} prompt_builder;

void prompt_begin(prompt_builder *p, const vocabulary *v, token_list *out, sw_err *err);
/* Encodes the last text and frees everything. */
SW_NODISCARD sw_code prompt_end(prompt_builder *p);

void prompt_text(prompt_builder *p, const char *text);
void prompt_bytes(prompt_builder *p, const char *text, size_t n);
/* A special token by its text; SW_EINVAL when the vocabulary does not have it. */
void prompt_marker(prompt_builder *p, const char *marker);
/* A special token by its id; TOKEN_NONE writes nothing. */
void prompt_id(prompt_builder *p, int32_t id);

#endif
