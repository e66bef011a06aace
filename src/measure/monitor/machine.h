/* machine.h - facts about the machine, stored with every run because no figure can be compared without them, and the
 * process behind a port. */
#ifndef MONITOR_MACHINE_H
#define MONITOR_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct machine_info {
    const char *cpu; // as sysinfo_cpu_name
    char os[128];    // "Linux 6.1.0 x86_64"
    int n_cores;
    uint64_t memory_bytes; // physical; 0: not known
} machine_info;

machine_info machine_facts(void);

/* The process that listens on TCP `port` of this machine; 0 if none is found (processes of other users are not
 * visible).
 */
long machine_pid_listening_on(int port);

enum { MACHINE_PROGRAM_BYTES = 64 };

/* Writes the name of the program that process `pid` runs ("python3 koboldcpp.py" for a script), or "?".  Returns true
 * if it is known to hold the model that it serves: the process behind a port may as well be a proxy. */
bool machine_is_model_server(long pid, char name[MACHINE_PROGRAM_BYTES]);

/* Writes the ids of at most `max` processes that run a program or a script of this name, or call themselves so, but for
 * this process.  Returns how many there are, which may be more. */
size_t machine_pids_named(const char *name, long *out, size_t max);

#endif
