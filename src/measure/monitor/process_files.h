/* process_files.h - the server's process, and this one: memory, faults, processor time, storage. */
#ifndef MONITOR_PROCESS_FILES_H
#define MONITOR_PROCESS_FILES_H

#include <stdbool.h>

#include "monitor/text_file.h"
#include "results/sample_figures.h"

typedef struct process_files {
    long pid; // 0: no server
    text_file status, stat, io;
    text_file own_stat; // of this process
} process_files;

void process_files_open(process_files *p, const char *root, long pid);
/* False, and nothing is written, if the server has ended or cannot be read.  Files that are open stay those of the same
 * process, also when its number is given to another. */
bool process_files_read(const process_files *p, sample_values *out);
void process_files_close(process_files *p);

#endif
