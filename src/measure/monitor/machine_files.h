/* machine_files.h - the machine: busy cores, available memory, the frequency of the cores. */
#ifndef MONITOR_MACHINE_FILES_H
#define MONITOR_MACHINE_FILES_H

#include "monitor/numbered_files.h"
#include "monitor/text_file.h"
#include "results/sample_figures.h"

typedef struct machine_files {
    const char *root; // not owned
    text_file stat, meminfo;
    size_t n_cores;                // whose frequency is in a file
    int cores[NUMBERED_FILES_MAX]; // their numbers
    float mhz[NUMBERED_FILES_MAX]; // as last read; 0: not known
    size_t next_core;
} machine_files;

/* `root` must outlive *m. */
void machine_files_open(machine_files *m, const char *root);
void machine_files_read(const machine_files *m, sample_values *out);
/* The frequency, of which asking each core takes some microseconds: a call asks at most 64 of them, in turn. */
void machine_files_read_frequency(machine_files *m, sample_values *out);
void machine_files_close(machine_files *m);

#endif
