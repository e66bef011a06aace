/* faulty_process.h - a faulty_server as a child process, on simulated time. */
#ifndef FAULTY_PROCESS_H
#define FAULTY_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "step_clock.h"

typedef struct faulty_process {
    pid_t pid;
    int to, from; // pipes
    char url[64];
} faulty_process;

/* fault: its name.  False: it could not be started. */
bool faulty_process_start(faulty_process *process, const char *path, const char *fault, uint64_t seed);
/* Moves its time to now_ns; false if it has ended. */
bool faulty_process_step(const faulty_process *process, uint64_t now_ns, step_report *out);
void faulty_process_stop(faulty_process *process);

#endif
