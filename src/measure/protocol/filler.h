/* filler.h - text of a given length, the same for the same seed on every machine, that says nothing in particular.
 *
 * Short plain sentences of common words, so that no prompt is a repetition of one line and most vocabularies have a
 * token for each word.
 */
#ifndef PROTOCOL_FILLER_H
#define PROTOCOL_FILLER_H

#include <stdint.h>

#include "base/buf.h"

/* Appends about n_tokens tokens (a word or a full stop is counted as one).  A longer text begins with the shorter one
 * of the same seed.  What a server counts is in every table; it differs by its vocabulary. */
void filler_put(buf *out, int n_tokens, uint64_t seed);

#endif
