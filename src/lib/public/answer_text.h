/* answer_text.h - sampled tokens become the events of one answer: its text, and log-probabilities beside it.
 *
 * The engine thread's own; nothing here locks.
 */
#ifndef PUBLIC_ANSWER_TEXT_H
#define PUBLIC_ANSWER_TEXT_H

#include "base/buf.h"
#include "chat/chat.h"
#include "public/held_tokens.h"
#include "public/stop.h"
#include "spillway.h"

typedef struct answer_options {
    const vocabulary *vocab; // outlives the answer
    chat_format format;
    const char *const *stop; // (n_stop)
    size_t n_stop;
    bool wants_logprobs, ignore_eos;
    sw_event_fn on_event; // SW_EVENT_TOKEN and SW_EVENT_PROMPT_TOKEN only
    void *ud;
} answer_options;

typedef struct answer_text {
    const vocabulary *vocab;
    chat_parser *parser;
    stop_matcher stop;
    buf text; // known text of `kind`, not yet delivered
    sw_text_kind kind;
    bool ignore_eos;
    bool holds_tokens;                // a token's log-probabilities wait until its text is certain
    held_tokens held;                 // those that wait
    uint64_t n_read, n_shown, n_told; // bytes of content: parsed, certain to be no stop string, delivered
    int n_predicted, n_reasoning;     // tokens, without the end token
    sw_err error;                     // code SW_OK: none
    sw_event_fn on_event;
    void *ud;
} answer_text;

/* The strings are copied.  On failure *a is still to be freed.  SW_ENOMEM. */
SW_NODISCARD sw_code answer_text_init(answer_text *a, const answer_options *o, sw_err *err);
void answer_text_free(answer_text *a);
/* Handles one sampled token; false ends the answer: an end token, a stop string or a->error.  `figures` is NULL unless
 * log-probabilities are wanted. */
bool answer_text_take(answer_text *a, int32_t id, const sw_logprobs *figures);
/* Delivers a token of the prompt. */
void answer_text_prompt(answer_text *a, const sw_logprobs *figures);
/* Delivers the text that was held back, which is certain now that the answer is over. */
void answer_text_end(answer_text *a);

#endif
