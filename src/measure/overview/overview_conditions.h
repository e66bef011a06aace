/* overview_conditions.h - under which conditions a model was measured, as short texts: what a reader must know to
 * believe a figure, and what may not differ between figures that are compared.  Pure.
 */
#ifndef OVERVIEW_OVERVIEW_CONDITIONS_H
#define OVERVIEW_OVERVIEW_CONDITIONS_H

#include "base/buf.h"
#include "results/record.h"

enum { N_OVERVIEW_CONDITIONS = 22 };

/* "threads". */
const char *overview_condition_name(size_t i);
/* Writes condition i of a model of the run to an empty buffer, unescaped; "-" if it is not known. */
void overview_condition_put(buf *out, size_t i, const run_record *run, int subject);

#endif
