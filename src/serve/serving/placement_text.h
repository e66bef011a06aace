/* placement_text.h - where a model's bytes are, as lines of text: at the start of the server, by `plan` and `inspect`.
 */
#ifndef SERVING_PLACEMENT_TEXT_H
#define SERVING_PLACEMENT_TEXT_H

#include "base/buf.h"
#include "spillway.h"

/* Appends a line for every row of the table, then cache, buffers, process and their sum; at most 80 columns. */
void placement_text(buf *out, const sw_engine_state *state, const sw_placement_row *rows, size_t n_rows);

#endif
