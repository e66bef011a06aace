/* stub.h - a language model of lm.h that computes nothing.
 *
 * It answers words chosen by a hash of the prompt's tokens, at a set pace, so that scheduler, server and suite can be
 * tested without weights.  Like those of a real model, its logits depend on the token history alone: the same prompt
 * gives the same answer alone, in a batch, or from a reused prefix.
 */
#ifndef ENGINE_STUB_H
#define ENGINE_STUB_H

#include "base/clock.h"
#include "engine/lm.h"
#include "spillway.h"
#include "token/vocab.h"

enum {
    STUB_ANSWER_MIN = 20, // words of an answer
    STUB_ANSWER_MAX = 200,
    STUB_CTX_TRAIN = 32768,
    STUB_EMBD = 16, // of an embedding
};

/* The stub's vocabulary: bytes, words, and the markers of ChatML; <|im_end|> ends an answer. */
SW_NODISCARD sw_code stub_vocab(vocabulary **out, sw_err *err);

/* `vocab` is one of stub_vocab.  Uses n_ctx, n_seqs, n_batch and stub_tokens_per_s of `options` (zeros as documented
 * there); a step that produces tokens lasts 1 / stub_tokens_per_s on `clock`. */
SW_NODISCARD sw_code stub_open(language_model **out, const vocabulary *vocab, const sw_engine_options *options,
                               const sw_clock *clock, sw_err *err);

#endif
