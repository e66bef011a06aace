/* random_blocks.h - random weights, made directly in the block formats of a file.
 *
 * Random codes under a computed scale are as fast as the random numbers themselves; quantizing random floats would take
 * many times as long.
 */
#ifndef CONVERT_RANDOM_BLOCKS_H
#define CONVERT_RANDOM_BLOCKS_H

#include <stddef.h>

#include "base/rng.h"
#include "gguf/types.h"

/* Fills `n_blocks` blocks of F32, Q8_0, Q5_0, Q4_K, Q6_K or MXFP4 with values of mean zero and about the given standard
 * deviation. */
void random_blocks_fill(tensor_type t, rng_state *rng, float deviation, size_t n_blocks, uint8_t *out);

#endif
