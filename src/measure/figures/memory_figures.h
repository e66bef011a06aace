/* memory_figures.h - what offloading saves in VRAM: the published claim, the arithmetic ceiling and the measurement,
 * side by side, with the plan's bytes beside them.  Pure.
 */
#ifndef FIGURES_MEMORY_FIGURES_H
#define FIGURES_MEMORY_FIGURES_H

#include "results/record.h"

typedef enum saving_kind {
    SAVING_NONE,     // nothing to compare
    SAVING_COMPUTED, // arithmetic over the file and KV: there is no GPU, or the other side does not fit
    SAVING_MEASURED, // both sides were measured: by samples of the driver, or where it tells none by their allocations
} saving_kind;

typedef struct memory_figures {
    double claim_low_pct, claim_high_pct; // published; NAN: none
    double ceiling_pct;                   // 100 * expert bytes / all bytes that a GPU can hold
    double ceiling_without_table_pct;     // the same when the token table stays in RAM anyway
    saving_kind kind;
    double saved_pct; // 100 (V_ref - V_off) / V_ref; of the kind above
    double vram_offloaded_bytes, vram_reference_bytes;
    const char *source;                              // of what was measured: "driver", "allocations"; else ""
    double plan_vram_bytes, plan_ram_bytes;          // NAN: not planned
    double ram_offloaded_bytes, ram_reference_bytes; // peak private memory, measured; NAN: not
    const char *note;                                // why it is not measured, or ""
} memory_figures;

memory_figures memory_figures_of(const run_record *run, int subject);

/* The published claims, by architecture: "gpt-oss" 99 to 99, "phimoe" 97, "deepseek" 95 to 99.  False: none. */
bool memory_claim_of(const char *family, double *low_pct, double *high_pct);

#endif
