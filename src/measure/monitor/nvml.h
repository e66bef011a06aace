/* nvml.h - NVIDIA's management library, opened at run time: nothing is linked, and a machine without it loses nothing.
 */
#ifndef MONITOR_NVML_H
#define MONITOR_NVML_H

#include <stdbool.h>
#include <stddef.h>

#include "monitor/gpu_card.h"

typedef struct nvml nvml;

/* Opens the library (path NULL: libnvidia-ml.so.1 of the system) and finds the cards.  NULL if there are none, and
 * `note` says why. */
nvml *nvml_open(const char *path, char note[GPU_NOTE_BYTES]);
size_t nvml_n_cards(const nvml *n);
/* "" if it is not told; at most GPU_TEXT_BYTES. */
const char *nvml_driver(const nvml *n);
const char *nvml_card_name(const nvml *n, size_t card);
/* Reads a card.  `pid` is the process whose memory is summed; has_all_pids: a process that is not listed uses none,
 * rather than being known by another number.  The first figure that cannot be read is named in `note`, unless that is
 * NULL.  Cards are read in their order: after the first time each round asks for one counter of PCIe traffic, which
 * takes 20 ms. */
gpu_card nvml_read(nvml *n, size_t card, long pid, bool has_all_pids, char *note);
/* NULL is accepted. */
void nvml_close(nvml *n);

#endif
