/* process_evidence.h - where the experts of another program's model probably are, by the memory of its process. */
#ifndef HOSTS_PROCESS_EVIDENCE_H
#define HOSTS_PROCESS_EVIDENCE_H

#include "base/arena.h"
#include "base/buf.h"
#include "hosts/experts_place.h"
#include "results/record.h"

/* `evidence` gets a sentence that says what was seen and that it is not certain. */
experts_place process_evidence_place(const sample_values *memory, const model_bytes *model, buf *evidence);

/* Its memory as rows of class "all" with source "process"; *out is in the keep.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code process_evidence_rows(const sample_values *memory, arena *keep, placement_row **out, size_t *n_out,
                                           sw_err *err);

#endif
