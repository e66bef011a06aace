/* sysinfo.h - facts about this machine and this process. */
#ifndef BASE_SYSINFO_H
#define BASE_SYSINFO_H

#include <stdint.h>

/* Cores this process may run on (affinity), at least 1. */
int sysinfo_n_cores(void);

/* Bytes this process could still take: what the kernel calls available, capped by the cgroup's limit. */
uint64_t sysinfo_memory_available(void);

typedef struct process_memory {
    uint64_t rss;  // resident bytes
    uint64_t anon; // of which anonymous
    uint64_t swap;
    uint64_t peak; // highest rss so far
} process_memory;

/* Of process `pid` (0: this one); zeros when it cannot be read. */
process_memory sysinfo_memory_of(long pid);

/* "AMD EPYC ..." or "unknown". */
const char *sysinfo_cpu_name(void);

#endif
