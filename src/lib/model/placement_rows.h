/* placement_rows.h - the placement of a model's weights as a table: what was requested, and where the bytes are. */
#ifndef MODEL_PLACEMENT_ROWS_H
#define MODEL_PLACEMENT_ROWS_H

#include "model/weights.h"

typedef struct placement_rows {
    sw_placement_row *rows; // to be freed with mem_free
    size_t n, cap;
} placement_rows;

/* Appends the rows of `w`, with weights of no layer first, then layer by layer; only rows with bytes.  The tier of
 * loaded weights is that of the block which holds their address; of planned ones it is that of the plan.  Returns false
 * when memory is short. */
bool placement_rows_fill(placement_rows *out, const model_weights *w, const model_placement *requested,
                         sw_placement_detail detail);

#endif
