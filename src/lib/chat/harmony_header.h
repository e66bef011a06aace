/* harmony_header.h - what the text between <|start|> and <|message|> says, however it was written.
 *
 * A pure function of that text.  Two rules decide doubtful headers: an answer that a user can read is never hidden
 * because its header is malformed, and a message to a tool is never shown.
 */
#ifndef CHAT_HARMONY_HEADER_H
#define CHAT_HARMONY_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "gguf/gguf_values.h" // str_view

/* Where the text of a message goes. */
typedef enum harmony_target { HARMONY_CONTENT, HARMONY_REASONING, HARMONY_HIDDEN } harmony_target;

/* What is known of the role before the header is read. */
typedef enum harmony_role {
    HARMONY_ROLE_GIVEN, // the assistant: the prompt ended in <|start|>assistant, or a channel marker began the header
    HARMONY_ROLE_DUE,   // <|start|> began the header: its first word is the role
    HARMONY_ROLE_MAYBE, // <|start|> is missing, and perhaps the role
} harmony_role;

/* In a header's text these bytes, which no UTF-8 contains, stand for the two markers that may occur in it. */
enum { HARMONY_CHANNEL_BYTE = 0xff, HARMONY_CONSTRAIN_BYTE = 0xfe };

/* How the header ended. */
typedef enum harmony_ending {
    HARMONY_ENDED_BY_MESSAGE, // <|message|>: text follows
    HARMONY_ENDED_BY_CALL,    // <|call|>, and <|message|> is missing
    HARMONY_ENDED_OTHERWISE,  // <|message|> is missing
} harmony_ending;

typedef struct harmony_header {
    harmony_target target;
    str_view body; // without <|message|>: the text that it should have preceded; may hold HARMONY_CONSTRAIN_BYTE
    bool has_text; // the body is more than a stray word in a header that goes on
} harmony_header;

/* The views point into `text`. */
harmony_header harmony_read_header(str_view text, harmony_role role, harmony_ending ending);

#endif
