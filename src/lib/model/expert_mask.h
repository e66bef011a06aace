/* expert_mask.h - experts that the router never chooses: what --mask-experts names.
 *
 * The mask acts where the router's weights are: the bias of a masked expert's row is minus infinity (weights_plan), so
 * its logit is, and no gating chooses it.
 */
#ifndef MODEL_EXPERT_MASK_H
#define MODEL_EXPERT_MASK_H

#include "model/hparams.h"
#include "spillway.h"

typedef struct expert_mask {
    uint8_t *is_masked; // (n_layers, n_expert); NULL: no expert is
    sw_expert_id *list; // (n): the same, by layer and number
    size_t n;
} expert_mask;

/* Reads "LAYER:EXPERT,...", where * is every layer with experts; `text` NULL: none.  Free *out with expert_mask_free,
 * also after an error: SW_EINVAL (names what is wrong: the form, a layer, an expert, or a layer that keeps fewer
 * experts than a token, or its groups, need), SW_ENOMEM. */
SW_NODISCARD sw_code expert_mask_parse(expert_mask *out, const char *text, const hparams *h, sw_err *err);
void expert_mask_free(expert_mask *mask);

#endif
