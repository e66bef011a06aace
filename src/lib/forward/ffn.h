/* ffn.h - the dense gated feed-forward block. */
#ifndef FORWARD_FFN_H
#define FORWARD_FFN_H

#include "forward/gate.h"

/* b->out becomes the block's answer for every token's `normed` state. */
void ffn_run(gate_room *room, token_batch *b, size_t layer);

#endif
