/* prompt.h - building a prompt from markers and text.
 *
 * Markers are written as ids; the text between two markers is gathered and encoded in one go with special parsing off,
 * because tokens form across the border of a literal and a message.  Errors are sticky: the first one stays.
 */
#ifndef SW_PROMPT_H
#define SW_PROMPT_H

#include "base/buf.h"
#include "chat/chat.h"

typedef struct sw_prompt {
    const sw_vocab *v;
    sw_tokens *out;
    sw_err *err;
    sw_code code;
    sw_buf text;         // since the last marker
    size_t n_bytes;      // of text in all
    int32_t last_marker; // or SW_TOKEN_NONE
} sw_prompt;

void sw_prompt_begin(sw_prompt *p, const sw_vocab *v, sw_tokens *out, sw_err *err);
/* Encodes the last text and frees everything. */
SW_NODISCARD sw_code sw_prompt_end(sw_prompt *p);

void sw_prompt_text(sw_prompt *p, const char *text);
void sw_prompt_bytes(sw_prompt *p, const char *text, size_t n);
/* A special token by its text; SW_EINVAL when the vocabulary does not have it. */
void sw_prompt_marker(sw_prompt *p, const char *marker);
/* A special token by its id; SW_TOKEN_NONE writes nothing. */
void sw_prompt_id(sw_prompt *p, int32_t id);

#endif
