/* chat.h - conversations to prompts, and generated tokens back to content and reasoning.
 *
 * Prompts are built as token segments: markers are written as ids, text from outside is encoded with special parsing
 * off, so that no message can contain a control token.  Parsing works on ids for the same reason.
 */
#ifndef SW_CHAT_H
#define SW_CHAT_H

#include "base/buf.h"
#include "spillway.h"
#include "token/vocab.h"

typedef enum sw_chat_format {
    SW_CHAT_PLAIN, // no template known: "role: text" lines
    SW_CHAT_HARMONY,
    SW_CHAT_PHI3,
    SW_CHAT_DEEPSEEK,
    SW_CHAT_DEEPSEEK_V3,
    SW_CHAT_CHATML,
    SW_CHAT_MISTRAL,
    SW_CHAT_LLAMA3,
} sw_chat_format;

const char *sw_chat_format_name(sw_chat_format f); // "harmony", ...

/* From the file's Jinja template (by its markers); an empty template or one whose markers the vocabulary
 * lacks gives SW_CHAT_PLAIN. */
sw_chat_format sw_chat_detect(sw_str jinja_template, const sw_vocab *v);

typedef struct sw_chat_options {
    sw_effort effort;
    const char *date; // "YYYY-MM-DD"; NULL: today (UTC)
} sw_chat_options;

/* Appends the prompt's ids, BOS included where the format wants one, ending where the assistant is to go on.
 * `options` is not NULL; {0} is valid.  On failure *out is as it was.  Errors: SW_EINVAL (names messages[i] and what is
 * wrong), SW_ELIMIT, SW_ENOMEM. */
SW_NODISCARD sw_code sw_chat_render(sw_chat_format f, const sw_vocab *v, const sw_message *messages, size_t n,
                                    const sw_chat_options *options, sw_tokens *out, sw_err *err);

/* The same prompt as text, special tokens spelled out, for inspection. */
SW_NODISCARD sw_code sw_chat_render_text(sw_chat_format f, const sw_vocab *v, const sw_message *messages, size_t n,
                                         const sw_chat_options *options, sw_buf *out, sw_err *err);

/* Streaming parser of one answer.  That of SW_CHAT_PLAIN passes everything through as content, so it serves raw prompts
 * too.  Messages to tools (Harmony) are not shown. */
typedef struct sw_chat_parser sw_chat_parser;

/* A piece of text that became known; called zero or more times per token.  Text is valid UTF-8. */
typedef void (*sw_chat_text_fn)(void *ud, sw_text_kind kind, const char *text, size_t n);

/* NULL when memory is short. */
sw_chat_parser *sw_chat_parser_create(sw_chat_format f, const sw_vocab *v);
void sw_chat_parser_free(sw_chat_parser *p);
/* The kind that the next text will have (reasoning tokens are counted with it). */
sw_text_kind sw_chat_parser_kind(const sw_chat_parser *p);
/* Whether the next token may be text of a message, not part of the frame around it (Harmony). */
bool sw_chat_parser_is_in_text(const sw_chat_parser *p);
/* Feeds one sampled token (end tokens included).  SW_ENOMEM. */
SW_NODISCARD sw_code sw_chat_parser_feed(sw_chat_parser *p, int32_t id, sw_chat_text_fn on_text, void *ud);
/* Ends the answer: flushes what was held back. */
SW_NODISCARD sw_code sw_chat_parser_finish(sw_chat_parser *p, sw_chat_text_fn on_text, void *ud);

#endif
