/* stand_in_nvml.h - what the stand-in for NVIDIA's library answers, as a test sets it.
 *
 * The library exports `stand_in_nvml`; a test finds it with dlsym and changes it.  As it is loaded, there is one card.
 */
#ifndef TEST_STAND_IN_NVML_H
#define TEST_STAND_IN_NVML_H

enum {
    STAND_IN_CARDS = 40,
    STAND_IN_PROCESSES = 4,
    // codes of NVML
    STAND_IN_NO_PERMISSION = 4,
    STAND_IN_NOT_SUPPORTED = 3,
    STAND_IN_INSUFFICIENT_SIZE = 7,
    STAND_IN_DRIVER_NOT_LOADED = 9,
    STAND_IN_GPU_IS_LOST = 15,
    STAND_IN_MISMATCH = 18,
};

typedef struct stand_in_process {
    unsigned pid;
    unsigned long long bytes;
} stand_in_process;

typedef struct stand_in_card {
    int open_status; // of the function that opens it
    int status;      // of every other function; 0: the next one counts
    int utilization_status, process_status, pcie_status;
    const char *name;
    unsigned long long used;
    unsigned utilization, power_mw, temperature, clock, memory_clock;
    unsigned pcie_sent_kb, pcie_received_kb, pcie_generation, pcie_width;        // traffic of a second
    unsigned n_asked;                                                            // for traffic
    stand_in_process computing[STAND_IN_PROCESSES], drawing[STAND_IN_PROCESSES]; // up to the first pid 0
} stand_in_card;

typedef struct stand_in_state {
    int init_status, count_status;
    unsigned n_cards, n_starts, n_ends;
    const char *driver;
    stand_in_card cards[STAND_IN_CARDS];
} stand_in_state;

#endif
