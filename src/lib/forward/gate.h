/* gate.h - the middle of every gated feed-forward block: gate and up become one row, quantized for the product after
 * it.
 */
#ifndef FORWARD_GATE_H
#define FORWARD_GATE_H

#include "forward/product.h"

/* Room that the dense block and the experts take turns in. */
typedef struct gate_room {
    const compute_env *env;
    float *gate, *up; // what the first products give, rows of padded width
    float *act;       // (rows, width): activated
} gate_room;

/* Rows of one width: those of a dense block, of the routed experts, or of the shared ones. */
typedef struct gate_part {
    size_t n_rows, width;
    size_t at;     // first element of its part of all three arrays
    act_form form; // that the next product reads
} gate_part;

/* Elements that a whole batch needs of each array: a dense block, or experts and shared experts. */
size_t gate_elems(const hparams *h, size_t n_batch);

void gate_init(gate_room *r, const compute_env *env);

/* Where another part may begin after n_elems elements. */
static inline size_t gate_after(size_t n_elems)
{
    return (n_elems + K_GROUP - 1) / K_GROUP * K_GROUP;
}

/* Activates and quantizes the rows of all parts. */
void gate_run(gate_room *r, const gate_part *parts, size_t n_parts);

/* A part's rows for the next product. */
act_rows gate_acts(const gate_room *r, const gate_part *part);

#endif
