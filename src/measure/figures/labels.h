/* labels.h - what the models of a run are called in reports: the name, and what tells apart those of one name.  Pure.
 */
#ifndef FIGURES_LABELS_H
#define FIGURES_LABELS_H

#include "results/record.h"
#include "spillway/error.h"

/* The name without a folder: of a path (some servers call a model by it) the last part. */
const char *label_base(const char *name);

/* out[i] is the label of subject i: "phi-3.5-moe"; where different programs serve the models "phi-3.5-moe on
 * llama-server b9999"; with what differs between those of one name "phi-3.5-moe (Q4_K_M)", and where nothing that is
 * known does "phi-3.5-moe (model 2)".  No two are equal unless a name imitates such an ending.  Free each with
 * mem_free, also after an error.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code labels_of(const run_record *run, char *out[], sw_err *err);

#endif
