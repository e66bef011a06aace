/* monitor_rows.c - the table of rows, in the order in which they are shown. */
#include "cmd/monitor_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const MONITOR_GROUPS[N_MONITOR_GROUPS] = {
    [MONITOR_MEMORY] = "Memory",       [MONITOR_CGROUP] = "Control group", [MONITOR_STORAGE] = "Storage",
    [MONITOR_PROCESSOR] = "Processor", [MONITOR_PRESSURE] = "Pressure",    [MONITOR_GPU] = "GPU",
};

// clang-format off
const monitor_row MONITOR_ROWS[N_MONITOR_ROWS] = {
    {MONITOR_MEMORY,    SAMPLE_PRIVATE,         MONITOR_BYTES,      "private",      "private_bytes",         0},
    {MONITOR_MEMORY,    SAMPLE_SWAP,            MONITOR_BYTES,      "swapped out",  "swap_bytes",            1},
    {MONITOR_MEMORY,    SAMPLE_RSS,             MONITOR_BYTES,      "resident",     "rss_bytes",             0},
    {MONITOR_MEMORY,    SAMPLE_PEAK_RSS,        MONITOR_MARK,       "its highest",  "peak_rss_bytes",        0},
    {MONITOR_MEMORY,    SAMPLE_FILE_RSS,        MONITOR_BYTES,      "mapped files", "file_rss_bytes",        0},
    {MONITOR_MEMORY,    SAMPLE_MODEL_CACHE,     MONITOR_BYTES,      "model cached", "model_cache_bytes",     0},
    {MONITOR_MEMORY,    SAMPLE_AVAILABLE,       MONITOR_BYTES,      "available",    "available_bytes",       0},
    {MONITOR_MEMORY,    SAMPLE_MAJOR_FAULTS,    MONITOR_RATE,       "major faults", "major_faults_per_s",    100},
    {MONITOR_MEMORY,    SAMPLE_MINOR_FAULTS,    MONITOR_RATE,       "minor faults", "minor_faults_per_s",    0},
    {MONITOR_CGROUP,    SAMPLE_CGROUP,          MONITOR_BYTES,      "charged",      "cgroup_bytes",          0},
    {MONITOR_CGROUP,    SAMPLE_CGROUP_LIMIT,    MONITOR_MARK,       "limit",        "cgroup_limit_bytes",    0},
    {MONITOR_CGROUP,    SAMPLE_CGROUP_OOM,      MONITOR_COUNT,      "OOM kills",    "cgroup_oom_kills",      1},
    {MONITOR_STORAGE,   SAMPLE_READ,            MONITOR_BYTES_RATE, "read",         "read_bytes_per_s",      0},
    {MONITOR_STORAGE,   SAMPLE_WRITTEN,         MONITOR_BYTES_RATE, "written",      "written_bytes_per_s",   0},
    {MONITOR_PROCESSOR, SAMPLE_SERVER_CPU,      MONITOR_CORES,      "server",       "server_cores",          0},
    {MONITOR_PROCESSOR, SAMPLE_MACHINE_CPU,     MONITOR_SHARE,      "machine",      "machine_busy_pct",      0},
    {MONITOR_PROCESSOR, SAMPLE_CLIENT_CPU,      MONITOR_CORES,      "monitor",      "client_cores",          0},
    {MONITOR_PROCESSOR, SAMPLE_FREQUENCY,       MONITOR_MHZ,        "frequency",    "frequency_mhz",         0},
    {MONITOR_PROCESSOR, SAMPLE_TEMPERATURE,     MONITOR_CELSIUS,    "temperature",  "temperature_c",         90},
    {MONITOR_PROCESSOR, SAMPLE_THROTTLED,       MONITOR_RATE,       "throttled",    "throttle_events_per_s", 0.001},
    {MONITOR_PRESSURE,  SAMPLE_PSI_CPU,         MONITOR_PERCENT,    "cores",        "psi_cpu_pct",           50},
    {MONITOR_PRESSURE,  SAMPLE_PSI_MEMORY,      MONITOR_PERCENT,    "memory",       "psi_memory_pct",        10},
    {MONITOR_PRESSURE,  SAMPLE_PSI_IO,          MONITOR_PERCENT,    "storage",      "psi_io_pct",            10},
    {MONITOR_GPU,       SAMPLE_GPU_PROCESS,     MONITOR_BYTES,      "process",      "gpu_process_bytes",     0},
    {MONITOR_GPU,       SAMPLE_GPU_USED,        MONITOR_BYTES,      "in use",       "gpu_used_bytes",        0},
    {MONITOR_GPU,       SAMPLE_GPU_UTILIZATION, MONITOR_PERCENT,    "utilization",  "gpu_utilization_pct",   0},
    {MONITOR_GPU,       SAMPLE_GPU_POWER,       MONITOR_WATT,       "power",        "gpu_power_w",           0},
    {MONITOR_GPU,       SAMPLE_GPU_TEMPERATURE, MONITOR_CELSIUS,    "temperature",  "gpu_temperature_c",     85},
    {MONITOR_GPU,       SAMPLE_GPU_CLOCK,       MONITOR_MHZ,        "clock",        "gpu_clock_mhz",         0},
    {MONITOR_GPU,       SAMPLE_GPU_MEMORY_CLOCK,MONITOR_MHZ,        "memory clock", "gpu_memory_clock_mhz",  0},
    {MONITOR_GPU,       SAMPLE_GPU_PCIE_RX,     MONITOR_BYTES_FLOW, "PCIe in",      "gpu_pcie_rx_bps",       0},
    {MONITOR_GPU,       SAMPLE_GPU_PCIE_TX,     MONITOR_BYTES_FLOW, "PCIe out",     "gpu_pcie_tx_bps",       0},
    {MONITOR_GPU,       SAMPLE_GPU_PCIE_GENERATION,MONITOR_COUNT,   "PCIe version", "gpu_pcie_generation",   0},
    {MONITOR_GPU,       SAMPLE_GPU_PCIE_WIDTH,  MONITOR_COUNT,      "PCIe lanes",   "gpu_pcie_width",        0},
};
// clang-format on

/* A counter that fell belongs to another process or driver: its rate is not known. */
static double rate(const sample_values *before, const sample_values *now, sample_figure figure, double dt_s)
{
    const double growth = before != NULL ? now->v[figure] - before->v[figure] : NAN;
    return growth >= 0 && dt_s > 0 ? growth / dt_s : NAN;
}

/* The machine's time is counted in ticks, which may be more than fit between two samples. */
double monitor_row_value(const monitor_row *row, const sample_values *before, const sample_values *now, double dt_s,
                         long n_cores)
{
    if (row->kind < MONITOR_BYTES_RATE)
        return now->v[row->figure];
    const double per_second = rate(before, now, row->figure, dt_s);
    return row->kind == MONITOR_SHARE ? fmin(100 * per_second / (double)n_cores, 100) : per_second;
}

static const char *const UNITS[] = {
    [MONITOR_BYTES] = "B",        [MONITOR_MARK] = "B",    [MONITOR_COUNT] = "",      [MONITOR_PERCENT] = "%",
    [MONITOR_MHZ] = "MHz",        [MONITOR_CELSIUS] = "C", [MONITOR_WATT] = "W",      [MONITOR_BYTES_FLOW] = "B/s",
    [MONITOR_BYTES_RATE] = "B/s", [MONITOR_RATE] = "/s",   [MONITOR_CORES] = "cores", [MONITOR_SHARE] = "%",
};

const char *monitor_row_unit(const monitor_row *row)
{
    return UNITS[row->kind];
}

/* Decimals that do not jump as the figure changes. */
static void format_value(char out[CELL_BYTES], const monitor_row *row, double value)
{
    static const int N_DECIMALS[] = {[MONITOR_PERCENT] = 1, [MONITOR_CELSIUS] = 1, [MONITOR_WATT] = 1,
                                     [MONITOR_RATE] = 1,    [MONITOR_CORES] = 2,   [MONITOR_SHARE] = 1};
    char bytes[CELL_BYTES];
    const char *const unit = UNITS[row->kind];
    if (unit[0] == 'B') {
        format_bytes(bytes, value < 1e18 ? (uint64_t)value : (uint64_t)1e18);
        snprintf(out, CELL_BYTES, "%.32s%s", bytes, unit + 1);
    } else {
        snprintf(out, CELL_BYTES, "%.*f%s%s", N_DECIMALS[row->kind], value,
                 unit[0] == '/' || unit[0] == '\0' ? "" : " ", unit);
    }
}

void monitor_row_format(char out[CELL_BYTES], const monitor_row *row, double value)
{
    if (!isfinite(value)) {
        snprintf(out, CELL_BYTES, "-");
        return;
    }
    format_value(out, row, value);
    if (strlen(out) > MONITOR_VALUE_COLUMNS)
        snprintf(out, CELL_BYTES, "%.1e %s", value, UNITS[row->kind]); // no machine of today has so much
}
