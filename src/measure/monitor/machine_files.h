/* machine_files.h - the machine: busy cores, available memory, the frequency of the cores. */
#ifndef MONITOR_MACHINE_FILES_H
#define MONITOR_MACHINE_FILES_H

#include "monitor/text_file.h"
#include "results/sample_figures.h"

enum {
    MACHINE_CORES_MAX = 1024, // whose frequency is read
};

typedef struct machine_files {
    const char *root; // not owned
    text_file stat, meminfo;
    int n_cores; // with a folder in /sys/devices/system/cpu
    int next_core;
    float mhz[MACHINE_CORES_MAX]; // as last read; 0: not known
} machine_files;

/* `root` must outlive *m. */
void machine_files_open(machine_files *m, const char *root);
void machine_files_read(const machine_files *m, sample_values *out);
/* The frequency, of which asking each core takes some microseconds: a call asks at most 64 of them, in turn. */
void machine_files_read_frequency(machine_files *m, sample_values *out);
void machine_files_close(machine_files *m);

#endif
