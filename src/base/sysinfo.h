/* sysinfo.h - facts about this machine and this process. */
#ifndef SW_SYSINFO_H
#define SW_SYSINFO_H

#include <stdint.h>

/* Cores this process may run on (affinity), at least 1. */
int sw_n_cores(void);

/* Bytes this process could still take: what the kernel calls available, capped by the cgroup's limit. */
uint64_t sw_memory_available(void);

typedef struct sw_process_memory {
    uint64_t rss;  // resident bytes
    uint64_t anon; // of which anonymous
    uint64_t swap;
    uint64_t peak; // highest rss so far
} sw_process_memory;

/* Of process `pid` (0: this one); zeros when it cannot be read. */
sw_process_memory sw_memory_of(long pid);

/* "AMD EPYC ..." or "unknown". */
const char *sw_cpu_name(void);

#endif
