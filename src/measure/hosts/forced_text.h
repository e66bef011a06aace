/* forced_text.h - what a server expects after each token of some fixed texts.
 *
 * Two answers part for ever at the first token that differs, so equal answers prove much and different ones little.
 * Texts that are given, token by token, are judged at every position: two placements of one build say the same there,
 * to the last digit.  The texts are short, so that asking takes some milliseconds and a few rows of logits.
 */
#ifndef HOSTS_FORCED_TEXT_H
#define HOSTS_FORCED_TEXT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "client/target.h"
#include "hosts/fact_list.h"

/* Puts FORCED_POSITIONS, FORCED_HASH and FORCED_TOPS; is_brief: of one text alone.  A server that does not tell the
 * log-probabilities of a prompt's tokens puts none.  Errors: SW_ENOMEM, SW_ECANCELED. */
SW_NODISCARD sw_code forced_text_read(const chat_target *target, const char *model, bool is_brief,
                                      const atomic_bool *cancel, fact_list *facts, sw_err *err);

#endif
