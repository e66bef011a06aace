/* gpu.h - the machine's GPUs as one row of figures, through NVML, or nvidia-smi where that cannot be opened.
 *
 * Memory, power and PCIe traffic of several cards are added; of utilization, temperature and clocks the highest
 * counts, of generation and width of PCIe links the lowest.
 */
#ifndef MONITOR_GPU_H
#define MONITOR_GPU_H

#include "base/clock.h"
#include "monitor/gpu_card.h"
#include "results/sample_figures.h"

typedef struct gpu gpu;

typedef struct gpu_options {
    long pid;              // whose memory is summed; 0: none
    const char *root;      // of /proc
    const char *nvml_path; // NULL: the system's; "": no GPU is looked for
    const sw_clock *clock; // must outlive the object
} gpu_options;

/* Never NULL but for lack of memory: without a GPU it has a note, and reads nothing. */
gpu *gpu_open(const gpu_options *options);
void gpu_read(gpu *g, sample_values *out);
/* The cards by themselves, as last read: by gpu_open, or gpu_read since then. */
size_t gpu_n_cards(const gpu *g);
const gpu_card *gpu_card_at(const gpu *g, size_t i);
const char *gpu_card_name(const gpu *g, size_t i);
/* "NVIDIA L4", "2 x NVIDIA L4", "NVIDIA L4, NVIDIA T4"; "" if there is none. */
const char *gpu_name(const gpu *g);
const char *gpu_driver(const gpu *g);
/* Memory of all cards together; NAN: there is none, or it is not told. */
double gpu_total_bytes(const gpu *g);
/* Why there is no GPU, or the first figure of it that cannot be read and why; "". */
const char *gpu_note(const gpu *g);
/* NULL is accepted. */
void gpu_close(gpu *g);

#endif
