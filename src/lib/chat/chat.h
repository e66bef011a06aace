/* chat.h - conversations to prompts, and generated tokens back to content and reasoning.
 *
 * Prompts are built as token segments: markers are written as ids, text from outside is encoded with special parsing
 * off, so that no message can contain a control token.  Parsing works on ids for the same reason.
 */
#ifndef CHAT_CHAT_H
#define CHAT_CHAT_H

#include "base/buf.h"
#include "spillway.h"
#include "token/vocab.h"

typedef enum chat_format {
    CHAT_PLAIN, // no template known: "role: text" lines
    CHAT_HARMONY,
    CHAT_PHI3,
    CHAT_DEEPSEEK,
    CHAT_DEEPSEEK_V3,
    CHAT_CHATML,
    CHAT_MISTRAL,
    CHAT_LLAMA3,
} chat_format;

const char *chat_format_name(chat_format f); // "harmony", ...

/* From the file's Jinja template (by its markers); an empty template or one whose markers the vocabulary
 * lacks gives CHAT_PLAIN. */
chat_format chat_detect(str_view jinja_template, const vocabulary *v);

typedef struct chat_render_options {
    sw_effort effort;
    const char *date; // "YYYY-MM-DD"; NULL: today (UTC)
} chat_render_options;

/* Appends the prompt's ids, BOS included where the format wants one, ending where the assistant is to go on.
 * `options` is not NULL; {0} is valid.  On failure *out is as it was.  Errors: SW_EINVAL (names messages[i] and what is
 * wrong), SW_ELIMIT, SW_ENOMEM. */
SW_NODISCARD sw_code chat_render(chat_format f, const vocabulary *v, const sw_message *messages, size_t n,
                                 const chat_render_options *options, token_list *out, sw_err *err);

/* The same prompt as text, special tokens spelled out, for inspection. */
SW_NODISCARD sw_code chat_render_text(chat_format f, const vocabulary *v, const sw_message *messages, size_t n,
                                      const chat_render_options *options, buf *out, sw_err *err);

/* Streaming parser of one answer.  That of CHAT_PLAIN passes everything through as content, so it serves raw prompts
 * too.  Messages to tools (Harmony) are not shown. */
typedef struct chat_parser chat_parser;

/* A piece of text that became known; called zero or more times per token.  Text is valid UTF-8. */
typedef void (*chat_text_fn)(void *ud, sw_text_kind kind, const char *text, size_t n);

/* NULL when memory is short. */
chat_parser *chat_parser_create(chat_format f, const vocabulary *v);
void chat_parser_free(chat_parser *p);
/* The kind that the next text will have (reasoning tokens are counted with it). */
sw_text_kind chat_parser_kind(const chat_parser *p);
/* Whether the next token may be text of a message, not part of the frame around it (Harmony). */
bool chat_parser_is_in_text(const chat_parser *p);
/* Feeds one sampled token (end tokens included).  SW_ENOMEM. */
SW_NODISCARD sw_code chat_parser_feed(chat_parser *p, int32_t id, chat_text_fn on_text, void *ud);
/* Ends the answer: flushes what was held back. */
SW_NODISCARD sw_code chat_parser_finish(chat_parser *p, chat_text_fn on_text, void *ud);

#endif
