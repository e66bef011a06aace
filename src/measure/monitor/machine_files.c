/* machine_files.c - /proc/stat, /proc/meminfo, cpufreq and /proc/cpuinfo. */
#include "monitor/machine_files.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "monitor/proc_text.h"

enum { LINE_BYTES = 256, MEMINFO_BYTES = 4096, CPUINFO_BYTES = 16384, CORES_AT_ONCE = 64, PIECES_MAX = 1024 };

static text_file core_file(const machine_files *m, int core)
{
    return text_file_open(m->root, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq", core);
}

void machine_files_open(machine_files *m, const char *root)
{
    memset(m, 0, sizeof *m);
    m->root = root;
    m->stat = text_file_open(root, "/proc/stat");
    m->meminfo = text_file_open(root, "/proc/meminfo");
    const size_t n = numbered_files_list(root, "/sys/devices/system/cpu", "cpu", "", m->cores, NUMBERED_FILES_MAX);
    for (size_t i = 0; i < n; i++) {
        text_file core = core_file(m, m->cores[i]);
        if (core.fd >= 0) // a core that is off has none
            m->cores[m->n_cores++] = m->cores[i];
        text_file_close(&core);
    }
}

void machine_files_read(const machine_files *m, sample_values *out)
{
    char line[LINE_BYTES], text[MEMINFO_BYTES];
    text_file_read(&m->stat, line, sizeof line);
    text_file_read(&m->meminfo, text, sizeof text);
    out->v[SAMPLE_MACHINE_CPU] = proc_busy_ticks(line) / (double)sysconf(_SC_CLK_TCK);
    out->v[SAMPLE_AVAILABLE] = proc_kb_field(text, "MemAvailable:");
}

/* ---- frequency --------------------------------------------------------------------------------------------------- */

/* The file holds kHz. */
static float mhz_of(const machine_files *m, int core)
{
    char text[32];
    text_file f = core_file(m, core);
    text_file_read(&f, text, sizeof text);
    text_file_close(&f);
    const double mhz = proc_number(text) / 1000;
    return mhz > 0 && mhz < 1e6 ? (float)mhz : 0;
}

static double mean_of_cores(machine_files *m)
{
    for (size_t i = 0; i < m->n_cores && i < CORES_AT_ONCE; i++) {
        m->mhz[m->next_core] = mhz_of(m, m->cores[m->next_core]);
        m->next_core = (m->next_core + 1) % m->n_cores;
    }
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < m->n_cores; i++) {
        sum += m->mhz[i];
        n += m->mhz[i] > 0;
    }
    return n > 0 ? sum / (double)n : NAN;
}

/* A virtual machine has no cpufreq, but may write frequencies here.  The file has 1.5 KB per core: it is read in
 * pieces, and what follows the last whole line of a piece is read again with the next.  A line longer than a piece ends
 * it. */
static double mean_of_cpuinfo(const machine_files *m)
{
    char text[CPUINFO_BYTES];
    double sum = 0;
    size_t n = 0, offset = 0;
    text_file f = text_file_open(m->root, "/proc/cpuinfo");
    for (int i = 0; i < PIECES_MAX; i++) {
        text_file_read_at(&f, offset, text, sizeof text);
        char *const end = strrchr(text, '\n');
        if (end == NULL)
            break;
        end[1] = '\0';
        offset += strlen(text);
        proc_add_mhz(text, &sum, &n);
    }
    text_file_close(&f);
    return n > 0 ? sum / (double)n : NAN;
}

void machine_files_read_frequency(machine_files *m, sample_values *out)
{
    out->v[SAMPLE_FREQUENCY] = m->n_cores > 0 ? mean_of_cores(m) : mean_of_cpuinfo(m);
}

void machine_files_close(machine_files *m)
{
    text_file_close(&m->stat);
    text_file_close(&m->meminfo);
}
