/* sysinfo.c - small parsers for the text files of Linux; a file that cannot be read gives a fallback, not an error. */
#define _GNU_SOURCE // CPU_COUNT
#include "base/sysinfo.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int sysinfo_n_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

/* The number after `key` in a file of "Key:   123 kB" lines, in bytes; `fallback` if there is none. */
static uint64_t kb_field(const char *path, const char *key, uint64_t fallback)
{
    FILE *const f = fopen(path, "re");
    if (f == NULL)
        return fallback;
    char line[256];
    uint64_t value = fallback;
    const size_t n = strlen(key);
    while (fgets(line, sizeof line, f) != NULL) {
        unsigned long long kb;
        if (strncmp(line, key, n) == 0 && sscanf(line + n, " %llu", &kb) == 1) {
            value = kb * 1024u;
            break;
        }
    }
    fclose(f);
    return value;
}

/* The number in a file with one number; `fallback` if there is none (cgroup files may say "max"). */
static uint64_t number_in(const char *path, uint64_t fallback)
{
    FILE *const f = fopen(path, "re");
    if (f == NULL)
        return fallback;
    unsigned long long v;
    const uint64_t value = fscanf(f, "%llu", &v) == 1 ? v : fallback;
    fclose(f);
    return value;
}

uint64_t sysinfo_memory_available(void)
{
    const uint64_t machine = kb_field("/proc/meminfo", "MemAvailable:", UINT64_MAX);
    const uint64_t limit = number_in("/sys/fs/cgroup/memory.max", UINT64_MAX);
    const uint64_t used = number_in("/sys/fs/cgroup/memory.current", 0);
    const uint64_t group = limit == UINT64_MAX ? UINT64_MAX : limit > used ? limit - used : 0;
    return machine < group ? machine : group;
}

process_memory sysinfo_memory_of(long pid)
{
    char path[64];
    if (pid == 0)
        snprintf(path, sizeof path, "/proc/self/status");
    else
        snprintf(path, sizeof path, "/proc/%ld/status", pid);
    return (process_memory){
        .rss = kb_field(path, "VmRSS:", 0),
        .anon = kb_field(path, "RssAnon:", 0),
        .swap = kb_field(path, "VmSwap:", 0),
        .peak = kb_field(path, "VmHWM:", 0),
    };
}

const char *sysinfo_cpu_name(void)
{
    static char name[128];
    if (name[0] != '\0')
        return name;
    FILE *const f = fopen("/proc/cpuinfo", "re");
    char line[256];
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "model name", 10) == 0 && sscanf(line, "model name : %127[^\n]", name) == 1)
            break;
    }
    if (f != NULL)
        fclose(f);
    if (name[0] == '\0')
        snprintf(name, sizeof name, "unknown");
    return name;
}
