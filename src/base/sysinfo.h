/* sysinfo.h - facts about this machine and its processes, from /proc, cgroups and the scheduler. */
#ifndef BASE_SYSINFO_H
#define BASE_SYSINFO_H

#include <stdint.h>

/* Cores that this process may run on (affinity), at least 1. */
int sysinfo_n_cores(void);

/* Bytes that this process can still allocate: the kernel's MemAvailable, or what the cgroup leaves if that is less. */
uint64_t sysinfo_memory_available(void);

typedef struct process_memory {
    uint64_t rss;  // resident bytes
    uint64_t anon; // of them, anonymous (not backed by a file)
    uint64_t swap; // bytes swapped out
    uint64_t peak; // highest rss so far
} process_memory;

/* Of process `pid` (0: this one); zeros if it cannot be read. */
process_memory sysinfo_memory_of(long pid);

/* "AMD EPYC ..." or "unknown"; a static string.  The first call must not run in two threads at once. */
const char *sysinfo_cpu_name(void);

#endif
