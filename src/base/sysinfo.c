/* sysinfo.c - small parsers for the text files of Linux; a file that cannot be read gives a fallback, not an error. */
#define _GNU_SOURCE // CPU_COUNT
#include "base/sysinfo.h"

#include <dirent.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cgroup.h"

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

static const char *root = "";

void sysinfo_set_root(const char *folder)
{
    root = folder != NULL ? folder : "";
}

available_memory sysinfo_memory_available(void)
{
    char path[4096];
    const int n = snprintf(path, sizeof path, "%s/proc/meminfo", root);
    const bool fits = n >= 0 && n < (int)sizeof path;
    const uint64_t machine = fits ? kb_field(path, "MemAvailable:", UINT64_MAX) : UINT64_MAX;
    const uint64_t groups = cgroup_memory_left(root);
    return (available_memory){.bytes = groups < machine ? groups : machine, .is_limited = groups < machine};
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

/* Entries of /proc/self/fd, without the one that this look opens. */
static int count_open_files(void)
{
    DIR *const folder = opendir("/proc/self/fd");
    int n = -1;
    if (folder == NULL)
        return n;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(folder);
    return n;
}

process_usage sysinfo_process_usage(void)
{
    struct rusage usage = {0};
    struct rlimit files = {0};
    getrusage(RUSAGE_SELF, &usage);
    getrlimit(RLIMIT_NOFILE, &files);
    return (process_usage){
        .cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
        .virtual_bytes = kb_field("/proc/self/status", "VmSize:", 0),
        .n_files = count_open_files(),
        .n_files_max = files.rlim_cur < INT_MAX ? (int)files.rlim_cur : INT_MAX,
    };
}

machine_memory sysinfo_machine_memory(void)
{
    return (machine_memory){.total = kb_field("/proc/meminfo", "MemTotal:", 0),
                            .free = kb_field("/proc/meminfo", "MemFree:", 0),
                            .available = kb_field("/proc/meminfo", "MemAvailable:", 0)};
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
