/* nvidia_smi.h - the program nvidia-smi, which is asked where the library cannot be opened.
 *
 * It takes some tenths of a second, so it is started at most once a second, by turns for the cards and for the
 * processes, and read when it has ended: the figures are two seconds old at most, as long as it answers.
 */
#ifndef MONITOR_NVIDIA_SMI_H
#define MONITOR_NVIDIA_SMI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "monitor/gpu_card.h"

typedef struct nvidia_smi nvidia_smi;

/* Waits for the first answers, at most 5 s each.  `pid` is the process whose memory is summed, 0: none; has_all_pids:
 * as in nvml_read.  NULL if there is no card, and `note` says why.  The clock must outlive it. */
nvidia_smi *nvidia_smi_open(const sw_clock *clock, long pid, bool has_all_pids, char note[GPU_NOTE_BYTES]);
size_t nvidia_smi_n_cards(const nvidia_smi *s);
const char *nvidia_smi_driver(const nvidia_smi *s);
const char *nvidia_smi_card_name(const nvidia_smi *s, size_t card);
/* Looks for an answer and asks again; never waits.  The bytes of the process are of all cards, and stand at card 0. */
void nvidia_smi_poll(nvidia_smi *s);
gpu_card nvidia_smi_read(const nvidia_smi *s, size_t card);
/* NULL is accepted. */
void nvidia_smi_close(nvidia_smi *s);

/* The cards in an answer, one a line: name, driver, used MiB, utilization, power, temperature, two clocks.  Returns how
 * many of at most GPU_CARDS_MAX; 0 also if a line is none of a card.  What is "[N/A]" is NAN.  Pure. */
size_t nvidia_smi_cards_of(const char *text, gpu_card *cards, char (*names)[GPU_TEXT_BYTES],
                           char driver[GPU_TEXT_BYTES]);
/* The bytes of a process in an answer of lines "pid, MiB"; `otherwise` if it is in none.  Pure. */
double nvidia_smi_process_of(const char *text, long pid, double otherwise);

#endif
