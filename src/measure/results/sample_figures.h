/* sample_figures.h - what is sampled ten times a second while a benchmark runs, as one table.
 *
 * The monitor fills the values, the store has a column for each, reports and commands list them: all by this table.  A
 * value that a machine does not give is NAN, which every writer shows as "-".
 */
#ifndef RESULTS_SAMPLE_FIGURES_H
#define RESULTS_SAMPLE_FIGURES_H

/* X(NAME, "name", "unit", "meaning").  "total" figures only ever grow: rates are made from two samples.  Schema 2 of
 * the store has those of the tables that end with 2 alone. */
// clang-format off
#define GPU_FIGURES_2(X) \
    X(GPU_PROCESS,     "gpu_process_bytes",     "B",    "GPU memory of the server's process") \
    X(GPU_USED,        "gpu_used_bytes",        "B",    "GPU memory in use, all processes") \
    X(GPU_UTILIZATION, "gpu_utilization_pct",   "%",    "share of time in which a kernel ran on the GPU") \
    X(GPU_POWER,       "gpu_power_w",           "W",    "power draw of the GPU") \
    X(GPU_TEMPERATURE, "gpu_temperature_c",     "C",    "temperature of the GPU") \
    X(GPU_CLOCK,       "gpu_clock_mhz",         "MHz",  "clock of the GPU's multiprocessors") \
    X(GPU_MEMORY_CLOCK,"gpu_memory_clock_mhz",  "MHz",  "clock of the GPU's memory")
#define GPU_FIGURES_3(X) \
    X(GPU_PCIE_RX,     "gpu_pcie_rx_bps",       "B/s",  "bytes that the GPU receives over PCIe") \
    X(GPU_PCIE_TX,     "gpu_pcie_tx_bps",       "B/s",  "bytes that the GPU sends over PCIe") \
    X(GPU_PCIE_GENERATION,"gpu_pcie_generation","",     "generation of the GPU's PCIe link, which idle GPUs lower") \
    X(GPU_PCIE_WIDTH,  "gpu_pcie_width",        "",     "lanes of the GPU's PCIe link")
#define SAMPLE_FIGURES_2(X) \
    X(PRIVATE,         "private_bytes",         "B",    "RssAnon + VmSwap of the server: its own memory, without mapped files") \
    X(SWAP,            "swap_bytes",            "B",    "VmSwap of the server") \
    X(RSS,             "rss_bytes",             "B",    "resident memory of the server") \
    X(PEAK_RSS,        "peak_rss_bytes",        "B",    "highest resident memory of the server so far") \
    X(FILE_RSS,        "file_rss_bytes",        "B",    "RssFile of the server: resident pages of mapped files") \
    X(MODEL_CACHE,     "model_cache_bytes",     "B",    "bytes of the model file that are in the page cache") \
    X(MAJOR_FAULTS,    "major_faults",          "",     "total: page faults of the server that read storage") \
    X(MINOR_FAULTS,    "minor_faults",          "",     "total: other page faults of the server") \
    X(SERVER_CPU,      "server_cpu_s",          "s",    "total: processor time of the server, all threads") \
    X(CLIENT_CPU,      "client_cpu_s",          "s",    "total: processor time of the benchmark itself") \
    X(MACHINE_CPU,     "machine_cpu_s",         "s",    "total: busy time of all cores of the machine") \
    X(FREQUENCY,       "frequency_mhz",         "MHz",  "mean frequency of the cores") \
    X(TEMPERATURE,     "temperature_c",         "C",    "hottest sensor of the processor") \
    X(THROTTLED,       "throttle_events",       "",     "total: times that the processor lowered its frequency for heat") \
    X(READ,            "read_bytes",            "B",    "total: bytes that the server had read from storage") \
    X(WRITTEN,         "written_bytes",         "B",    "total: bytes that the server had written to storage") \
    X(AVAILABLE,       "available_bytes",       "B",    "memory of the machine that can still be allocated") \
    X(CGROUP,          "cgroup_bytes",          "B",    "memory charged to the server's control group") \
    X(CGROUP_LIMIT,    "cgroup_limit_bytes",    "B",    "smallest memory limit of its control groups") \
    X(CGROUP_OOM,      "cgroup_oom_kills",      "",     "total: processes that the control group ended for memory") \
    X(PSI_CPU,         "psi_cpu_pct",           "%",    "share of the last 10 s in which a task waited for a core") \
    X(PSI_MEMORY,      "psi_memory_pct",        "%",    "share of the last 10 s in which a task waited for memory") \
    X(PSI_IO,          "psi_io_pct",            "%",    "share of the last 10 s in which a task waited for storage") \
    GPU_FIGURES_2(X)
#define SAMPLE_FIGURES(X) \
    SAMPLE_FIGURES_2(X) \
    GPU_FIGURES_3(X)
/* Those of GPUs, which end the table. */
#define GPU_FIGURES(X) \
    GPU_FIGURES_2(X) \
    GPU_FIGURES_3(X)
// clang-format on

#define SAMPLE_FIGURE_ENUM(name, text, unit, meaning) SAMPLE_##name,
typedef enum sample_figure { SAMPLE_FIGURES(SAMPLE_FIGURE_ENUM) N_SAMPLE_FIGURES } sample_figure;
#undef SAMPLE_FIGURE_ENUM

enum { N_GPU_FIGURES = N_SAMPLE_FIGURES - SAMPLE_GPU_PROCESS };

typedef struct sample_figure_id {
    const char *name, *unit, *meaning;
} sample_figure_id;

extern const sample_figure_id SAMPLE_FIGURE_IDS[N_SAMPLE_FIGURES];

typedef struct sample_values {
    double v[N_SAMPLE_FIGURES]; // NAN: not known
} sample_values;

/* Of one GPU: value i is that of the figure SAMPLE_GPU_PROCESS + i. */
typedef struct gpu_values {
    double v[N_GPU_FIGURES];
} gpu_values;

/* Every value NAN. */
sample_values sample_values_none(void);

#endif
