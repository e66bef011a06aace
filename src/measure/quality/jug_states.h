/* jug_states.h - an answer about two jugs that writes down what they hold: "(0, 5) -> (3, 2)", "3/2", a table. */
#ifndef QUALITY_JUG_STATES_H
#define QUALITY_JUG_STATES_H

#include "quality/markdown.h"

/* Returns true if the states that the answer states begin with empty jugs, each comes from the one before by filling,
 * emptying or pouring (two of them at most), and the 5-gallon jug comes to hold four gallons.  Whether the first number
 * of a pair is that of the smaller jug or of the larger one is found out by trying both. */
bool jug_states_lead_to_four(const markdown *text);

#endif
