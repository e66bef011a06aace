/* placement_rules.h - what --override-tensor decides: patterns of tensor names, each with a device.
 *
 * Rules are "REGEX=DEVICE,REGEX=DEVICE,...": POSIX extended regular expressions that are searched in names; the first
 * that is found counts.  A device is CPU, GPU (any that the engine has), GPU0, GPU1, or its name.  What computes
 * together stays together (placement.h), so a unit goes where the first of its matrices goes that a rule names; norms
 * and routers go with their attention.  One expert is named "blk.3.expert.17".
 */
#ifndef MODEL_PLACEMENT_RULES_H
#define MODEL_PLACEMENT_RULES_H

#include "model/device_names.h"
#include "model/weights.h"

typedef struct placement_rules placement_rules;

/* Errors: SW_EINVAL (names the rule and what is wrong with it), SW_ENOMEM. */
SW_NODISCARD sw_code placement_rules_parse(const char *text, const device_names *devices, placement_rules **out,
                                           sw_err *err);
void placement_rules_free(placement_rules *rules);

/* Decides the units that rules name; *out is freed with placement_free, also after an error.  `whole` is the plan of
 * the model without a placement.  Appends to `note`, a text of at most `size` bytes, what a user would not expect:
 * rules that no tensor matches, and units that a rule named in part.  Errors: SW_EINVAL (two rules want to tear a unit
 * apart), SW_ENOMEM. */
SW_NODISCARD sw_code placement_rules_decide(const placement_rules *rules, const hparams *h, const model_weights *whole,
                                            model_placement *out, char *note, size_t size, sw_err *err);

#endif
