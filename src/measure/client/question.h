/* question.h - the body of a request: what every server understands, and fields that some refuse.
 *
 * A server that refuses a field by its name is asked again without it (question_drop), so that a figure that only some
 * servers tell does not cost the others their measurement.
 */
#ifndef CLIENT_QUESTION_H
#define CLIENT_QUESTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/chat_turn.h"
#include "results/record.h"

typedef struct question {
    const char *model;
    const test_plan *plan;
    const chat_turn *history; // (n_history) what was said before; only routes with messages have it
    size_t n_history;
    const char *software; // the Server header of the target, or ""
    uint64_t nonce;       // different for every question of a target
    unsigned refused;     // fields that the target refused before, see question_drop
    bool is_generate;     // for shimmy's /api/generate in place of /v1/chat/completions
    bool is_ollama;       // for Ollama's /api/chat
    bool is_whole, avoids_prefix, wants_experts, wants_token_counts, ignores_eos; // as in transfer_options
} question;

/* The body as a document, which the caller releases; NULL if the prompt is not UTF-8 or memory is short. */
json_t *question_document(const question *q);

/* Removes from `document` the optional fields that `reason`, the error document of a server, names.  Returns them as
 * bits, to be kept for later questions; 0: it names none that the document has. */
unsigned question_drop(json_t *document, const char *reason);

#endif
