/* stand_in_nvml.c - a library with the functions and types of NVML that are used, written from its reference guide.
 *
 * PROCESS_VERSION (1, 2 or 3) is the newest version of the lists of processes that this "driver" has; version 0 has no
 * nvmlInit_v2 at all.
 */
#include "stand_in_nvml.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef stand_in_card *device;

extern stand_in_state stand_in_nvml;
stand_in_state stand_in_nvml = {
    .n_cards = 1,
    .driver = "550.54.14",
    .cards[0] = {.name = "Stand-in 24GB",
                 .used = 3ull << 30,
                 .utilization = 57,
                 .power_mw = 215500,
                 .temperature = 66,
                 .clock = 1980,
                 .memory_clock = 2619,
                 .pcie_sent_kb = 1200,
                 .pcie_received_kb = 21000000,
                 .pcie_generation = 5,
                 .pcie_width = 16},
};

#if PROCESS_VERSION > 0
/* For whole programs, in which no test can set the state: STAND_IN_NVML_CARDS=2 are two equal cards. */
static void read_cards(void)
{
    const char *const n = getenv("STAND_IN_NVML_CARDS");
    if (n == NULL || atoi(n) < 1 || atoi(n) > STAND_IN_CARDS)
        return;
    stand_in_nvml.n_cards = (unsigned)atoi(n);
    for (unsigned i = 1; i < stand_in_nvml.n_cards; i++)
        stand_in_nvml.cards[i] = stand_in_nvml.cards[0];
}

int nvmlInit_v2(void);
int nvmlInit_v2(void)
{
    stand_in_nvml.n_starts++;
    read_cards();
    return stand_in_nvml.init_status;
}
#endif

int nvmlShutdown(void);
int nvmlShutdown(void)
{
    stand_in_nvml.n_ends++;
    return 0;
}

const char *nvmlErrorString(int status);
const char *nvmlErrorString(int status)
{
    switch (status) {
    case STAND_IN_NOT_SUPPORTED: return "Not Supported";
    case STAND_IN_NO_PERMISSION: return "Insufficient Permissions";
    case STAND_IN_DRIVER_NOT_LOADED: return "Driver Not Loaded";
    case STAND_IN_GPU_IS_LOST: return "GPU is lost";
    case STAND_IN_MISMATCH: return "Driver/library version mismatch";
    default: return NULL;
    }
}

int nvmlSystemGetDriverVersion(char *out, unsigned size);
int nvmlSystemGetDriverVersion(char *out, unsigned size)
{
    snprintf(out, size, "%s", stand_in_nvml.driver);
    return 0;
}

int nvmlDeviceGetCount_v2(unsigned *out);
int nvmlDeviceGetCount_v2(unsigned *out)
{
    *out = stand_in_nvml.n_cards;
    return stand_in_nvml.count_status;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned i, device *out);
int nvmlDeviceGetHandleByIndex_v2(unsigned i, device *out)
{
    *out = &stand_in_nvml.cards[i];
    return (*out)->open_status;
}

int nvmlDeviceGetName(device d, char *out, unsigned size);
int nvmlDeviceGetName(device d, char *out, unsigned size)
{
    snprintf(out, size, "%s", d->name);
    return 0;
}

int nvmlDeviceGetMemoryInfo(device d, unsigned long long out[3]);
int nvmlDeviceGetMemoryInfo(device d, unsigned long long out[3])
{
    out[0] = 24ull << 30;
    out[1] = out[0] - d->used;
    out[2] = d->used;
    return d->status;
}

int nvmlDeviceGetUtilizationRates(device d, unsigned out[2]);
int nvmlDeviceGetUtilizationRates(device d, unsigned out[2])
{
    out[0] = d->utilization;
    out[1] = 1;
    return d->status != 0 ? d->status : d->utilization_status;
}

int nvmlDeviceGetPowerUsage(device d, unsigned *out);
int nvmlDeviceGetPowerUsage(device d, unsigned *out)
{
    *out = d->power_mw;
    return d->status;
}

int nvmlDeviceGetTemperature(device d, int sensor, unsigned *out);
int nvmlDeviceGetTemperature(device d, int sensor, unsigned *out)
{
    *out = d->temperature;
    return sensor != 0 ? 2 : d->status;
}

int nvmlDeviceGetClockInfo(device d, int kind, unsigned *out);
int nvmlDeviceGetClockInfo(device d, int kind, unsigned *out)
{
    *out = kind == 1 ? d->clock : d->memory_clock;
    return kind != 1 && kind != 2 ? 2 : d->status;
}

int nvmlDeviceGetPcieThroughput(device d, int counter, unsigned *out);
int nvmlDeviceGetPcieThroughput(device d, int counter, unsigned *out)
{
    d->n_asked++;
    *out = counter == 0 ? d->pcie_sent_kb : d->pcie_received_kb;
    return counter != 0 && counter != 1 ? 2 : d->status != 0 ? d->status : d->pcie_status;
}

int nvmlDeviceGetCurrPcieLinkGeneration(device d, unsigned *out);
int nvmlDeviceGetCurrPcieLinkGeneration(device d, unsigned *out)
{
    *out = d->pcie_generation;
    return d->status;
}

int nvmlDeviceGetCurrPcieLinkWidth(device d, unsigned *out);
int nvmlDeviceGetCurrPcieLinkWidth(device d, unsigned *out)
{
    *out = d->pcie_width;
    return d->status;
}

#if PROCESS_VERSION == 1
typedef struct listed {
    unsigned pid;
    unsigned long long bytes;
} listed;
#define LIST(name) nvmlDeviceGet##name##RunningProcesses
#else
typedef struct listed {
    unsigned pid;
    unsigned long long bytes;
    unsigned gpu_instance, compute_instance;
} listed;
#if PROCESS_VERSION == 2
#define LIST(name) nvmlDeviceGet##name##RunningProcesses_v2
#else
#define LIST(name) nvmlDeviceGet##name##RunningProcesses_v3
#endif
#endif

/* Returns the bytes that a process is said to use: of STAND_IN_NVML_SERVERS="OFFLOADED OTHER", the first number for a
 * `spillway serve --cpu-moe`, the second for one without.  Other processes: 0. */
static unsigned long long server_bytes(const char *pid)
{
    unsigned long long offloaded = 0, other = 0;
    const char *const servers = getenv("STAND_IN_NVML_SERVERS");
    char path[300], words[4096] = "";
    snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
    FILE *const f = fopen(path, "r");
    if (f == NULL)
        return 0;
    const size_t n = fread(words, 1, sizeof words - 1, f);
    fclose(f);
    for (size_t i = 0; i < n; i++)
        words[i] = words[i] == '\0' ? ' ' : words[i];
    if (servers == NULL || strstr(words, " serve ") == NULL || sscanf(servers, "%llu %llu", &offloaded, &other) != 2)
        return 0;
    return strstr(words, " --cpu-moe") != NULL ? offloaded : other;
}

/* For whole programs, in which no test can set the state: the servers of this machine. */
static unsigned list_servers(unsigned room, listed *out)
{
    unsigned n = 0;
    DIR *const folder = getenv("STAND_IN_NVML_SERVERS") != NULL ? opendir("/proc") : NULL;
    if (folder == NULL)
        return 0;
    for (const struct dirent *e; n < room && (e = readdir(folder)) != NULL;) {
        const unsigned long long bytes = e->d_name[0] >= '1' && e->d_name[0] <= '9' ? server_bytes(e->d_name) : 0;
        if (bytes > 0)
            out[n++] = (listed){.pid = (unsigned)atoi(e->d_name), .bytes = bytes};
    }
    closedir(folder);
    return n;
}

static int list(const stand_in_card *d, const stand_in_process *from, unsigned *count, listed *out)
{
    unsigned n = 0;
    const int status = d->status != 0 ? d->status : d->process_status;
    for (; status == 0 && n < STAND_IN_PROCESSES && from[n].pid != 0; n++) {
        if (n == *count)
            return STAND_IN_INSUFFICIENT_SIZE;
        out[n] = (listed){.pid = from[n].pid, .bytes = from[n].bytes};
    }
    *count = n + (status == 0 ? list_servers(*count - n, out + n) : 0);
    return status;
}

int LIST(Compute)(device d, unsigned *count, listed *out);
int LIST(Compute)(device d, unsigned *count, listed *out)
{
    return list(d, d->computing, count, out);
}

int LIST(Graphics)(device d, unsigned *count, listed *out);
int LIST(Graphics)(device d, unsigned *count, listed *out)
{
    return list(d, d->drawing, count, out);
}
