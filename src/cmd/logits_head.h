/* logits_head.h - the line of JSON before the rows of `logits --stream`: what the engine is that computes them.
 *
 * All of it is as in effect, from the loaded engine.  `spillway parity` reads it.
 */
#ifndef CMD_LOGITS_HEAD_H
#define CMD_LOGITS_HEAD_H

#include <stdbool.h>

#include "spillway.h"

/* Prints {"spillway", "n_vocab", "follows" (the compat_note, if there is one)} and the members of
 * json/placement_json.h, with a row of weights for every group of experts that are alike.  Returns false if memory is
 * short or standard output cannot be written. */
bool logits_head_print(sw_engine *engine);

#endif
