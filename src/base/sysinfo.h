/* sysinfo.h - facts about this machine and its processes, from /proc, control groups and the scheduler. */
#ifndef BASE_SYSINFO_H
#define BASE_SYSINFO_H

#include <stdbool.h>
#include <stdint.h>

/* Cores that this process may run on (affinity), at least 1. */
int sysinfo_n_cores(void);

typedef struct available_memory {
    uint64_t bytes;  // that this process can still allocate
    bool is_limited; // by a control group, and not by the machine
} available_memory;

/* The kernel's MemAvailable, or what control groups leave if that is less (base/cgroup.h). */
available_memory sysinfo_memory_available(void);

/* From now on sysinfo_memory_available reads the files below this folder, which outlives its use; NULL: the system's
 * own.  For tests; not thread-safe. */
void sysinfo_set_root(const char *root);

typedef struct process_memory {
    uint64_t rss;  // resident bytes
    uint64_t anon; // of them, anonymous (not backed by a file)
    uint64_t swap; // bytes swapped out
    uint64_t peak; // highest rss so far
} process_memory;

/* Of process `pid` (0: this one); zeros if it cannot be read. */
process_memory sysinfo_memory_of(long pid);

typedef struct process_usage {
    double cpu_s;             // of all threads, in user and kernel mode
    uint64_t virtual_bytes;   // of its address space
    int n_files, n_files_max; // open descriptors, and how many it may have; n_files -1: cannot be read
} process_usage;

/* Of this process. */
process_usage sysinfo_process_usage(void);

typedef struct machine_memory {
    uint64_t total, free, available; // bytes, as the kernel counts them; 0: cannot be read
} machine_memory;

machine_memory sysinfo_machine_memory(void);

/* "AMD EPYC ..." or "unknown"; a static string.  The first call must not run in two threads at once. */
const char *sysinfo_cpu_name(void);

#endif
