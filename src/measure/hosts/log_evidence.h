/* log_evidence.h - where llama.cpp says that it put a model, in the log of a server that is built on it.
 *
 * Its loader prints the size of every buffer with the device that holds it ("CUDA0 model buffer size = 1234.00 MiB"),
 * and tensors whose device an option changed.  The words differ between versions; what is not understood is skipped.
 */
#ifndef HOSTS_LOG_EVIDENCE_H
#define HOSTS_LOG_EVIDENCE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "hosts/experts_place.h"
#include "results/record.h"

typedef enum log_buffer { LOG_MODEL, LOG_KV, LOG_COMPUTE, N_LOG_BUFFERS } log_buffer;

typedef struct log_sums {
    double ram[N_LOG_BUFFERS], vram[N_LOG_BUFFERS]; // bytes, of the last model that was loaded
    int n_experts_to_ram, n_experts_to_vram;        // tensors of experts whose device an option changed
    size_t n_lines;                                 // that told something
} log_sums;

/* Reads a log of n bytes, any bytes. */
log_sums log_evidence_read(const char *log, size_t n);

/* Where the experts probably are, by the sizes of buffers and of what the file has.  `evidence` gets a sentence that
 * says so. */
experts_place log_evidence_place(const log_sums *sums, const model_bytes *model, buf *evidence);

/* Rows with source "log"; *out is in the keep.  Error: SW_ENOMEM. */
SW_NODISCARD sw_code log_evidence_rows(const log_sums *sums, arena *keep, placement_row **out, size_t *n_out,
                                       sw_err *err);

#endif
