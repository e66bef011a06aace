/* parity_prompts.h - the token sequences that both sides of `spillway parity` evaluate. */
#ifndef CMD_PARITY_PROMPTS_H
#define CMD_PARITY_PROMPTS_H

#include "cmd/arg_list.h"
#include "cmd/token_lines.h"

/* Where the texts come from. */
typedef struct parity_source {
    arg_strings files;    // a prompt is a whole file; none: the protocol's prompts
    const char *protocol; // NULL: the built-in one
    size_t n_tokens_max;  // of a sequence, which is cut there
} parity_source;

/* Appends a sequence for every text, by the model's own vocabulary, with the tokens that it begins a text with. Errors:
 * those of opening a model and a protocol, SW_EINVAL (an empty prompt), SW_EIO, SW_ENOMEM. */
SW_NODISCARD sw_code parity_prompts_read(token_lines *out, const char *model, const parity_source *source, sw_err *err);

#endif
