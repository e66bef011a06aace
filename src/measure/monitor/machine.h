/* machine.h - where did this run?  Facts that a figure is worthless without, and the process behind a port. */
#ifndef MONITOR_MACHINE_H
#define MONITOR_MACHINE_H

#include <stdint.h>

typedef struct machine_info {
    const char *cpu; // as sysinfo_cpu_name
    char os[128];    // "Linux 6.1.0 x86_64"
    int n_cores;
    uint64_t memory_bytes; // physical; 0: not known
} machine_info;

machine_info machine_facts(void);

/* The process that listens on TCP `port` of this machine, or 0 when it is not to be found (another user's processes are
 * not visible). */
long machine_pid_listening_on(int port);

#endif
