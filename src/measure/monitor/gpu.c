/* gpu.c - which of the two is asked, and the sum over cards. */
#include "monitor/gpu.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "monitor/nvidia_smi.h"
#include "monitor/nvml.h"
#include "monitor/text_file.h"

gpu_card gpu_card_none(void)
{
    return (gpu_card){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
}

struct gpu {
    gpu_options o;
    bool has_all_pids;
    nvml *nvml;                    // one of the two,
    nvidia_smi *smi;               // or none
    gpu_card cards[GPU_CARDS_MAX]; // as last read
    double total_bytes;
    char name[2 * GPU_TEXT_BYTES], driver[GPU_TEXT_BYTES];
    char note[2 * GPU_NOTE_BYTES + 2]; // both notes, and "; "
};

/* The driver numbers processes as the machine does.  In a container with numbers of its own, a process that is not in
 * its list may be there by another number.  Linux gives the machine's own namespace this inode. */
static bool is_machine_namespace(const char *root)
{
    char path[TEXT_FILE_PATH_BYTES], target[64];
    const int n = snprintf(path, sizeof path, "%s/proc/self/ns/pid", root);
    const ssize_t got = n >= 0 && n < (int)sizeof path ? readlink(path, target, sizeof target - 1) : -1;
    target[got > 0 ? got : 0] = '\0';
    return strcmp(target, "pid:[4026531836]") == 0;
}

static size_t n_cards(const gpu *g)
{
    return g->nvml != NULL ? nvml_n_cards(g->nvml) : g->smi != NULL ? nvidia_smi_n_cards(g->smi) : 0;
}

static const char *card_name(const gpu *g, size_t card)
{
    return g->nvml != NULL ? nvml_card_name(g->nvml, card) : nvidia_smi_card_name(g->smi, card);
}

/* Cards of one kind are counted; else the first two are named. */
static void set_name(gpu *g)
{
    const size_t n = n_cards(g);
    size_t n_equal = 0;
    for (size_t i = 0; i < n; i++)
        n_equal += strcmp(card_name(g, i), card_name(g, 0)) == 0;
    if (n == 1)
        snprintf(g->name, sizeof g->name, "%s", card_name(g, 0));
    else if (n_equal == n && n > 0)
        snprintf(g->name, sizeof g->name, "%zu x %s", n, card_name(g, 0));
    else if (n > 0)
        snprintf(g->name, sizeof g->name, "%.80s, %.80s%s", card_name(g, 0), card_name(g, 1), n > 2 ? ", ..." : "");
}

/* `note` names the first figure that cannot be read. */
static gpu_card read_card(const gpu *g, size_t card, char *note)
{
    return g->nvml != NULL ? nvml_read(g->nvml, card, g->o.pid, g->has_all_pids, note) : nvidia_smi_read(g->smi, card);
}

/* Asks NVML, then nvidia-smi.  Without either, both reasons are told. */
static void look_for_cards(gpu *g)
{
    char note[GPU_NOTE_BYTES] = "", smi_note[GPU_NOTE_BYTES] = "";
    g->nvml = nvml_open(g->o.nvml_path, note);
    if (g->nvml == NULL)
        g->smi = nvidia_smi_open(g->o.clock, g->o.pid, g->has_all_pids, smi_note);
    set_name(g);
    if (g->nvml != NULL)
        snprintf(g->driver, sizeof g->driver, "%s", nvml_driver(g->nvml));
    else if (g->smi != NULL)
        snprintf(g->driver, sizeof g->driver, "%s", nvidia_smi_driver(g->smi));
    g->total_bytes = n_cards(g) > 0 ? 0 : NAN;
    for (size_t i = 0; i < n_cards(g); i++) {
        g->cards[i] = read_card(g, i, note);
        g->total_bytes += g->cards[i].total_bytes; // one that does not tell makes the sum unknown
    }
    snprintf(g->note, sizeof g->note, "%s%s%s", note, smi_note[0] != '\0' ? "; " : "", smi_note);
}

gpu *gpu_open(const gpu_options *options)
{
    gpu *const g = mem_calloc(1, sizeof *g);
    if (g == NULL)
        return NULL;
    g->o = *options;
    g->total_bytes = NAN;
    g->has_all_pids = is_machine_namespace(options->root);
    if (options->nvml_path != NULL && options->nvml_path[0] == '\0')
        snprintf(g->note, sizeof g->note, "not looked for");
    else
        look_for_cards(g);
    return g;
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static void add(double *sum, double value)
{
    if (!isnan(value))
        *sum = isnan(*sum) ? value : *sum + value;
}

/* The slowest link is what a run waits for. */
static void add_link(sample_values *out, const gpu_card *c)
{
    double *const v = out->v;
    add(&v[SAMPLE_GPU_PCIE_RX], c->pcie_rx_bps);
    add(&v[SAMPLE_GPU_PCIE_TX], c->pcie_tx_bps);
    v[SAMPLE_GPU_PCIE_GENERATION] = fmin(v[SAMPLE_GPU_PCIE_GENERATION], c->pcie_generation);
    v[SAMPLE_GPU_PCIE_WIDTH] = fmin(v[SAMPLE_GPU_PCIE_WIDTH], c->pcie_width);
}

gpu_values gpu_card_values(const gpu_card *c)
{
    return (gpu_values){{c->process_bytes, c->used_bytes, c->utilization_pct, c->power_w, c->temperature_c,
                         c->clock_mhz, c->memory_clock_mhz, c->pcie_rx_bps, c->pcie_tx_bps, c->pcie_generation,
                         c->pcie_width}};
}

static void add_card(sample_values *out, const gpu_card *c)
{
    double *const v = out->v;
    add(&v[SAMPLE_GPU_PROCESS], c->process_bytes);
    add(&v[SAMPLE_GPU_USED], c->used_bytes);
    add(&v[SAMPLE_GPU_POWER], c->power_w);
    v[SAMPLE_GPU_UTILIZATION] = fmax(v[SAMPLE_GPU_UTILIZATION], c->utilization_pct);
    v[SAMPLE_GPU_TEMPERATURE] = fmax(v[SAMPLE_GPU_TEMPERATURE], c->temperature_c);
    v[SAMPLE_GPU_CLOCK] = fmax(v[SAMPLE_GPU_CLOCK], c->clock_mhz);
    v[SAMPLE_GPU_MEMORY_CLOCK] = fmax(v[SAMPLE_GPU_MEMORY_CLOCK], c->memory_clock_mhz);
    add_link(out, c);
}

void gpu_read(gpu *g, sample_values *out)
{
    if (g->smi != NULL)
        nvidia_smi_poll(g->smi);
    for (size_t i = 0; i < n_cards(g); i++) {
        g->cards[i] = read_card(g, i, NULL);
        add_card(out, &g->cards[i]);
    }
}

size_t gpu_n_cards(const gpu *g)
{
    return n_cards(g);
}

const gpu_card *gpu_card_at(const gpu *g, size_t i)
{
    return &g->cards[i];
}

const char *gpu_card_name(const gpu *g, size_t i)
{
    return card_name(g, i);
}

const char *gpu_name(const gpu *g)
{
    return g->name;
}

const char *gpu_driver(const gpu *g)
{
    return g->driver;
}

double gpu_total_bytes(const gpu *g)
{
    return g->total_bytes;
}

const char *gpu_note(const gpu *g)
{
    return g->note;
}

void gpu_close(gpu *g)
{
    if (g == NULL)
        return;
    nvml_close(g->nvml);
    nvidia_smi_close(g->smi);
    mem_free(g);
}
