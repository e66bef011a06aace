/* gpu_card.h - what is known of one GPU at a moment, whatever said it. */
#ifndef MONITOR_GPU_CARD_H
#define MONITOR_GPU_CARD_H

#include "results/record.h"

enum {
    GPU_CARDS_MAX = RUN_GPUS_MAX,
    GPU_TEXT_BYTES = 96, // of a name or a version, as NVML's longest
    GPU_NOTE_BYTES = 256,
};

typedef struct gpu_card {
    // NAN: not known
    double process_bytes; // of the server's process
    double total_bytes, used_bytes, utilization_pct, power_w, temperature_c, clock_mhz, memory_clock_mhz;
    double pcie_rx_bps, pcie_tx_bps;    // bytes per second that the card received and sent
    double pcie_generation, pcie_width; // of the link as it is now
} gpu_card;

/* Every figure NAN. */
gpu_card gpu_card_none(void);
/* Those of its figures that are sampled. */
gpu_values gpu_card_values(const gpu_card *c);

#endif
