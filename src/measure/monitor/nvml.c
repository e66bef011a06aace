/* nvml.c - the functions of the library that are used, and the figures that they give.
 *
 * Source: NVIDIA's "NVML API Reference Guide".  The types below are those of its binary interface, which keeps old
 * functions when it adds new ones: a name ends with its version.
 */
#include "monitor/nvml.h"

#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

enum {
    NVML_SUCCESS = 0,
    NVML_NO_FUNCTION = 13, // the library's own code for a driver without it
    NVML_SENSOR_GPU = 0,
    NVML_CLOCK_SM = 1,
    NVML_CLOCK_MEMORY = 2,
    NVML_PCIE_SENT = 0,
    NVML_PCIE_RECEIVED = 1,
    PROCESSES_MAX = 512, // on one card
};

typedef struct nvml_device *nvml_device;

typedef struct nvml_memory {
    unsigned long long total, free, used;
} nvml_memory;

typedef struct nvml_utilization {
    unsigned gpu, memory; // percent of the last period
} nvml_utilization;

/* Of versions 2 and 3.  Version 1 has the first two members alone. */
typedef struct nvml_process {
    unsigned pid;
    unsigned long long bytes; // ULLONG_MAX: not told
    unsigned gpu_instance, compute_instance;
} nvml_process;

typedef struct nvml_process_v1 {
    unsigned pid;
    unsigned long long bytes;
} nvml_process_v1;

/* X(member, "symbol", return type, parameters).  What an old driver does not have is NULL. */
// clang-format off
#define NVML_FUNCTIONS(X) \
    X(init,          "nvmlInit_v2",                              int, (void)) \
    X(shutdown,      "nvmlShutdown",                             int, (void)) \
    X(error,         "nvmlErrorString",                          const char *, (int)) \
    X(driver,        "nvmlSystemGetDriverVersion",               int, (char *, unsigned)) \
    X(count,         "nvmlDeviceGetCount_v2",                    int, (unsigned *)) \
    X(handle,        "nvmlDeviceGetHandleByIndex_v2",            int, (unsigned, nvml_device *)) \
    X(name,          "nvmlDeviceGetName",                        int, (nvml_device, char *, unsigned)) \
    X(memory,        "nvmlDeviceGetMemoryInfo",                  int, (nvml_device, nvml_memory *)) \
    X(utilization,   "nvmlDeviceGetUtilizationRates",            int, (nvml_device, nvml_utilization *)) \
    X(power,         "nvmlDeviceGetPowerUsage",                  int, (nvml_device, unsigned *)) \
    X(temperature,   "nvmlDeviceGetTemperature",                 int, (nvml_device, int, unsigned *)) \
    X(clock,         "nvmlDeviceGetClockInfo",                   int, (nvml_device, int, unsigned *)) \
    X(pcie_traffic,  "nvmlDeviceGetPcieThroughput",              int, (nvml_device, int, unsigned *)) \
    X(pcie_generation, "nvmlDeviceGetCurrPcieLinkGeneration",    int, (nvml_device, unsigned *)) \
    X(pcie_width,    "nvmlDeviceGetCurrPcieLinkWidth",           int, (nvml_device, unsigned *)) \
    X(compute_v3,    "nvmlDeviceGetComputeRunningProcesses_v3",  int, (nvml_device, unsigned *, nvml_process *)) \
    X(compute_v2,    "nvmlDeviceGetComputeRunningProcesses_v2",  int, (nvml_device, unsigned *, nvml_process *)) \
    X(compute_v1,    "nvmlDeviceGetComputeRunningProcesses",     int, (nvml_device, unsigned *, nvml_process_v1 *)) \
    X(graphics_v3,   "nvmlDeviceGetGraphicsRunningProcesses_v3", int, (nvml_device, unsigned *, nvml_process *)) \
    X(graphics_v2,   "nvmlDeviceGetGraphicsRunningProcesses_v2", int, (nvml_device, unsigned *, nvml_process *)) \
    X(graphics_v1,   "nvmlDeviceGetGraphicsRunningProcesses",    int, (nvml_device, unsigned *, nvml_process_v1 *))
// clang-format on

#define NVML_MEMBER(member, symbol, type, parameters) type(*member) parameters;

typedef int (*list_fn)(nvml_device, unsigned *, nvml_process *);
typedef int (*list_v1_fn)(nvml_device, unsigned *, nvml_process_v1 *);

struct nvml {
    void *library;
    NVML_FUNCTIONS(NVML_MEMBER)
    bool is_initialized;
    nvml_device cards[GPU_CARDS_MAX];
    size_t n_cards;
    char driver_text[GPU_TEXT_BYTES], names[GPU_CARDS_MAX][GPU_TEXT_BYTES];
    nvml_process list[PROCESSES_MAX];     // scratch
    double traffic_bps[GPU_CARDS_MAX][2]; // sent and received, as last asked for
    bool has_traffic[GPU_CARDS_MAX];      // both were asked for
    size_t turn;                          // of the counter that is asked for next
};

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* POSIX lets a function's address be kept in an object's pointer. */
static void find_functions(nvml *n)
{
#define NVML_FIND(member, symbol, type, parameters) *(void **)&n->member = dlsym(n->library, symbol);
    NVML_FUNCTIONS(NVML_FIND)
#undef NVML_FIND
}

static const char *error_text(const nvml *n, int status)
{
    const char *const text = n->error != NULL ? n->error(status) : NULL;
    return text != NULL ? text : "unknown error";
}

/* Loads the library and starts it; on failure `note` says why. */
static bool start(nvml *n, const char *path, char note[GPU_NOTE_BYTES])
{
    n->library = dlopen(path != NULL ? path : "libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (n->library == NULL) {
        const char *const reason = dlerror();
        snprintf(note, GPU_NOTE_BYTES, "NVML cannot be opened: %.200s", reason != NULL ? reason : "no reason is told");
        return false;
    }
    find_functions(n);
    if (n->init == NULL || n->shutdown == NULL || n->count == NULL || n->handle == NULL) {
        snprintf(note, GPU_NOTE_BYTES, "NVML is too old: nvmlInit_v2 or a function beside it is missing");
        return false;
    }
    const int status = n->init();
    n->is_initialized = status == NVML_SUCCESS;
    if (!n->is_initialized)
        snprintf(note, GPU_NOTE_BYTES, "NVML cannot start: %.160s (%d)", error_text(n, status), status);
    return n->is_initialized;
}

/* Copies a text that a function wrote, or "" if it did not. */
static void set_text(char to[GPU_TEXT_BYTES], int status)
{
    to[GPU_TEXT_BYTES - 1] = '\0';
    if (status != NVML_SUCCESS)
        to[0] = '\0';
}

/* A card that cannot be opened (lost, not permitted) is left out, and named in `note`. */
static void find_cards(nvml *n, char note[GPU_NOTE_BYTES])
{
    unsigned count = 0;
    int status = n->count(&count);
    if (status != NVML_SUCCESS) {
        snprintf(note, GPU_NOTE_BYTES, "NVML cannot count GPUs: %.160s (%d)", error_text(n, status), status);
        return;
    }
    if (count == 0)
        snprintf(note, GPU_NOTE_BYTES, "NVML finds no GPU");
    for (unsigned i = 0; i < count && n->n_cards < GPU_CARDS_MAX; i++) {
        status = n->handle(i, &n->cards[n->n_cards]);
        if (status != NVML_SUCCESS) {
            snprintf(note, GPU_NOTE_BYTES, "GPU %u cannot be opened: %.160s (%d)", i, error_text(n, status), status);
            continue;
        }
        char *const name = n->names[n->n_cards];
        set_text(name, n->name != NULL ? n->name(n->cards[n->n_cards], name, GPU_TEXT_BYTES) : NVML_NO_FUNCTION);
        n->n_cards++;
    }
}

nvml *nvml_open(const char *path, char note[GPU_NOTE_BYTES])
{
    nvml *const n = mem_calloc(1, sizeof *n);
    if (n == NULL) {
        snprintf(note, GPU_NOTE_BYTES, "out of memory for NVML");
        return NULL;
    }
    if (start(n, path, note)) {
        char *const text = n->driver_text;
        set_text(text, n->driver != NULL ? n->driver(text, GPU_TEXT_BYTES) : NVML_NO_FUNCTION);
        find_cards(n, note);
    }
    if (n->n_cards > 0)
        return n;
    nvml_close(n);
    return NULL;
}

size_t nvml_n_cards(const nvml *n)
{
    return n->n_cards;
}

const char *nvml_driver(const nvml *n)
{
    return n->driver_text;
}

const char *nvml_card_name(const nvml *n, size_t card)
{
    return n->names[card];
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* One card that is being read. */
typedef struct reading {
    nvml *n;
    size_t card;
    char *note; // where the first failure is named, or NULL
} reading;

/* `value` if the function succeeded. */
static double checked(const reading *r, const char *figure, int status, double value)
{
    if (status == NVML_SUCCESS)
        return value;
    if (r->note != NULL && r->note[0] == '\0')
        snprintf(r->note, GPU_NOTE_BYTES, "GPU %zu: %s: %.160s (%d)", r->card, figure,
                 status == NVML_NO_FUNCTION ? "the driver is too old" : error_text(r->n, status), status);
    return NAN;
}

/* The size of a list that is filled; clipped to what there is room for. */
static unsigned clip(unsigned count)
{
    return count < PROCESSES_MAX ? count : PROCESSES_MAX;
}

/* Fills n->list by the newest function that the driver has. */
static int list_processes(nvml *n, nvml_device device, list_fn newest, list_fn newer, list_v1_fn oldest,
                          unsigned *count)
{
    nvml_process_v1 old[PROCESSES_MAX];
    *count = PROCESSES_MAX;
    const list_fn list = newest != NULL ? newest : newer;
    if (list == NULL && oldest == NULL)
        return NVML_NO_FUNCTION;
    const int status = list != NULL ? list(device, count, n->list) : oldest(device, count, old);
    *count = clip(*count);
    for (unsigned i = 0; list == NULL && status == NVML_SUCCESS && i < *count; i++)
        n->list[i] = (nvml_process){.pid = old[i].pid, .bytes = old[i].bytes};
    return status;
}

/* The bytes of the process in n->list; a process with several instances is there several times. */
static double bytes_of(const nvml *n, unsigned count, long pid, double otherwise)
{
    double sum = otherwise;
    bool is_found = false;
    for (unsigned i = 0; i < count; i++) {
        const nvml_process *const p = &n->list[i];
        if ((long)p->pid != pid)
            continue;
        sum = (is_found ? sum : 0) + (p->bytes == ULLONG_MAX ? NAN : (double)p->bytes);
        is_found = true;
    }
    return sum;
}

/* A process that draws and computes is in both lists with the same bytes. */
static double process_bytes(const reading *r, nvml_device device, long pid, bool has_all_pids)
{
    nvml *const n = r->n;
    unsigned count;
    int status = list_processes(n, device, n->compute_v3, n->compute_v2, n->compute_v1, &count);
    const double unlisted = has_all_pids ? 0 : NAN;
    const double computing = checked(r, "processes", status, bytes_of(n, count, pid, unlisted));
    if (status != NVML_SUCCESS)
        return NAN;
    status = list_processes(n, device, n->graphics_v3, n->graphics_v2, n->graphics_v1, &count);
    return status == NVML_SUCCESS ? fmax(computing, bytes_of(n, count, pid, NAN)) : computing;
}

static double figure_of(const reading *r, const char *figure, int (*read)(nvml_device, unsigned *))
{
    unsigned value = 0;
    const int status = read != NULL ? read(r->n->cards[r->card], &value) : NVML_NO_FUNCTION;
    return checked(r, figure, status, value);
}

/* The same of a function that has several sensors or clocks. */
static double figure_of_kind(const reading *r, const char *figure, int (*read)(nvml_device, int, unsigned *), int kind)
{
    unsigned value = 0;
    const int status = read != NULL ? read(r->n->cards[r->card], kind, &value) : NVML_NO_FUNCTION;
    return checked(r, figure, status, value);
}

static void read_memory(const reading *r, gpu_card *c)
{
    nvml_memory memory = {0};
    const int status = r->n->memory != NULL ? r->n->memory(r->n->cards[r->card], &memory) : NVML_NO_FUNCTION;
    c->total_bytes = checked(r, "memory", status, (double)memory.total);
    c->used_bytes = checked(r, "memory", status, (double)memory.used);
}

static double utilization_pct(const reading *r)
{
    nvml_utilization u = {0};
    const int status = r->n->utilization != NULL ? r->n->utilization(r->n->cards[r->card], &u) : NVML_NO_FUNCTION;
    return checked(r, "utilization", status, u.gpu);
}

/* The driver watches a counter for 20 ms.  So a card is asked for both the first time, and then the counters of all
 * cards by turns: one at each call for a card, and only if the turn is this card's. */
static void read_traffic(const reading *r)
{
    nvml *const n = r->n;
    const bool is_first = !n->has_traffic[r->card];
    for (int counter = NVML_PCIE_SENT; counter <= NVML_PCIE_RECEIVED; counter++) {
        const bool has_turn = n->turn == 2 * r->card + (size_t)counter;
        if (is_first || has_turn)
            n->traffic_bps[r->card][counter] = 1000 * figure_of_kind(r, "PCIe traffic", n->pcie_traffic, counter);
    }
    n->has_traffic[r->card] = true;
}

/* After the last card of a round. */
static void end_turn(nvml *n, size_t card)
{
    if (card + 1 == n->n_cards)
        n->turn = (n->turn + 1) % (2 * n->n_cards);
}

static void read_link(const reading *r, gpu_card *c)
{
    nvml *const n = r->n;
    read_traffic(r);
    end_turn(n, r->card);
    const bool is_lost = isnan(c->used_bytes); // what was asked for before is then of the past
    c->pcie_tx_bps = is_lost ? NAN : n->traffic_bps[r->card][NVML_PCIE_SENT];
    c->pcie_rx_bps = is_lost ? NAN : n->traffic_bps[r->card][NVML_PCIE_RECEIVED];
    c->pcie_generation = figure_of(r, "PCIe generation", n->pcie_generation);
    c->pcie_width = figure_of(r, "PCIe width", n->pcie_width);
}

gpu_card nvml_read(nvml *n, size_t card, long pid, bool has_all_pids, char *note)
{
    const reading r = {n, card, note};
    gpu_card c;
    c.process_bytes = pid != 0 ? process_bytes(&r, n->cards[card], pid, has_all_pids) : NAN;
    read_memory(&r, &c);
    c.utilization_pct = utilization_pct(&r);
    c.power_w = figure_of(&r, "power", n->power) / 1000; // of milliwatts
    c.temperature_c = figure_of_kind(&r, "temperature", n->temperature, NVML_SENSOR_GPU);
    c.clock_mhz = figure_of_kind(&r, "clock", n->clock, NVML_CLOCK_SM);
    c.memory_clock_mhz = figure_of_kind(&r, "memory clock", n->clock, NVML_CLOCK_MEMORY);
    read_link(&r, &c);
    return c;
}

void nvml_close(nvml *n)
{
    if (n == NULL)
        return;
    if (n->is_initialized)
        n->shutdown();
    if (n->library != NULL)
        dlclose(n->library);
    mem_free(n);
}
