/* chat.h - conversations to prompts, and generated tokens back to content and reasoning.  The door of this room.
 *
 * Prompts are built as tokens: markers are written as ids, and text from outside is encoded with special parsing off,
 * so no message can contain a control token.  Parsing works on ids for the same reason.
 */
#ifndef CHAT_CHAT_H
#define CHAT_CHAT_H

#include "base/buf.h"
#include "spillway.h"
#include "token/vocab.h"

typedef enum chat_format {
    CHAT_PLAIN,   // no known template: "role: text" lines
    CHAT_HARMONY, // gpt-oss
    CHAT_PHI3,
    CHAT_DEEPSEEK,
    CHAT_DEEPSEEK_V3,
    CHAT_DEEPSEEK_V31, // V3 with other calls of tools
    CHAT_CHATML,
    CHAT_CHATML_XML, // ChatML, but calls of tools are XML (Qwen3-Coder), which is not written here
    CHAT_MISTRAL,
    CHAT_LLAMA3,
} chat_format;

const char *chat_format_name(chat_format f); // "harmony", ...
/* Returns true if conversations may hold calls of tools and their results. */
bool chat_writes_tools(chat_format f);

/* What a file says about its chat format. */
typedef struct chat_source {
    str_view jinja_template; // empty: it has none
    str_view arch;           // "gpt-oss", ...
} chat_source;

/* Recognizes the format of a file's Jinja template by its markers.  CHAT_PLAIN if the template is empty or unknown, or
 * if the vocabulary lacks one of its markers; but gpt-oss without a template speaks Harmony.  *note_out, which may be
 * NULL, becomes a warning for the user if the format is a guess, else NULL; a static string.  v may be NULL for a file
 * without a template. */
chat_format chat_detect(chat_source source, const vocabulary *v, const char **note_out);

/* ---- prompts ---- */

/* {0} is valid. */
typedef struct chat_render_options {
    sw_effort effort;
    const char *date;      // "YYYY-MM-DD"; NULL: today (UTC)
    const sw_clock *clock; // the source of today; NULL: the system's
    size_t n_tokens_max;   // SW_ELIMIT, before much is encoded, if the prompt cannot have fewer; 0: no bound
} chat_render_options;

/* Appends the ids of the prompt for messages[0..n).  It has a BOS where the format needs one, and ends where the
 * assistant is to continue.  On failure *out is as it was.  Errors: SW_EINVAL (names messages[i] and what is wrong),
 * SW_ELIMIT, SW_ENOMEM. */
SW_NODISCARD sw_code chat_render(chat_format f, const vocabulary *v, const sw_message *messages, size_t n,
                                 const chat_render_options *options, token_list *out, sw_err *err);

/* Appends the same prompt as text, with special tokens spelled out, for inspection. */
SW_NODISCARD sw_code chat_render_text(chat_format f, const vocabulary *v, const sw_message *messages, size_t n,
                                      const chat_render_options *options, buf *out, sw_err *err);

/* ---- answers ---- */

/* The streaming parser of one answer.  For CHAT_PLAIN everything is content, so it serves raw prompts too.  Messages to
 * tools (Harmony) are not shown. */
typedef struct chat_parser chat_parser;

/* Receives a piece of text; called zero or more times per token.  Text is valid UTF-8, not NUL-terminated, and valid
 * during the call only. */
typedef void (*chat_text_fn)(void *ud, sw_text_kind kind, const char *text, size_t n);

/* NULL when memory is short. */
chat_parser *chat_parser_create(chat_format f, const vocabulary *v);
void chat_parser_free(chat_parser *p);
/* The kind of the next text; reasoning tokens are counted by it. */
sw_text_kind chat_parser_kind(const chat_parser *p);
/* True if the next token can be text of a message; false inside the frame around one (Harmony). */
bool chat_parser_is_in_text(const chat_parser *p);
/* Takes one sampled token, end tokens included.  SW_ENOMEM. */
SW_NODISCARD sw_code chat_parser_feed(chat_parser *p, int32_t id, chat_text_fn on_text, void *ud);
/* Ends the answer: emits what was held back.  SW_ENOMEM. */
SW_NODISCARD sw_code chat_parser_finish(chat_parser *p, chat_text_fn on_text, void *ud);

#endif
