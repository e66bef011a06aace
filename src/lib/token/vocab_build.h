/* vocab_build.h - making a vocabulary from its tokens, in steps.
 *
 * vocab_alloc, vocab_add for each token in order of ids, vocab_index, then whatever looks tokens up by their text
 * (merges, ids of special tokens), and vocab_finish.  vocab_free (vocab.h) frees one at any step.
 */
#ifndef TOKEN_VOCAB_BUILD_H
#define TOKEN_VOCAB_BUILD_H

#include "token/vocab_internal.h"

/* Room for n tokens whose texts have text_bytes bytes in all.  NULL when memory is short. */
vocabulary *vocab_alloc(vocab_model model, size_t n, size_t text_bytes);
/* Appends a token; `text` is copied. */
void vocab_add(vocabulary *v, str_view text, token_type type);
/* Makes texts findable and gives well-known tokens their roles.  Errors: SW_EFORMAT (a text occurs twice), SW_ENOMEM.
 */
SW_NODISCARD sw_code vocab_index(vocabulary *v, sw_err *err);
/* Fills in pieces and special tokens; the vocabulary is complete afterwards.  SW_ENOMEM. */
SW_NODISCARD sw_code vocab_finish(vocabulary *v, sw_err *err);

#endif
