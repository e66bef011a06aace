/* placement_fill.h - which device every unit is on that is to be in VRAM, and what fills the rest of it. */
#ifndef MODEL_PLACEMENT_FILL_H
#define MODEL_PLACEMENT_FILL_H

#include "model/placement_sizes.h"

/* Decides what is TIER_ANY or TIER_UNDECIDED.
 *
 * Layers are split over the devices in their order, the head is at the last one: each device gets neighbouring layers,
 * and all are filled to about the same share.  What a layer has beside its attention follows it, as long as there is
 * room.  TIER_ANY goes to a device even where it does not fit; the undecided fill what is left, as far as that goes,
 * and an expert may be on another device than its router.  sizes NULL: everything fits, the first device has it.
 * False when memory is short. */
bool placement_fill(model_placement *p, const hparams *h, const placement_sizes *sizes, const placement_machine *m,
                    const double *heat);

#endif
