/* router.h - which experts see a token, and with what weight. */
#ifndef SW_ROUTER_H
#define SW_ROUTER_H

#include "model/arch.h"

/* Chooses n_used distinct experts from n_expert logits, whatever they are: values that are not numbers count as minus
 * infinity, ties go to the lower index.  chosen and weights have n_used entries, in descending order of score.
 * `scale` multiplies the weights.  Formulas: architectures.md sections 4 and 7. */
void sw_route(sw_gating gating, bool renormalise, float scale, const float *logits, int n_expert, int n_used,
              int *chosen, float *weights);

#endif
