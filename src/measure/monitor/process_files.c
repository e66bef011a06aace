/* process_files.c - /proc/PID/status, stat and io. */
#include "monitor/process_files.h"

#include <math.h>
#include <unistd.h>

#include "monitor/proc_text.h"

enum { STATUS_BYTES = 16384, STAT_BYTES = 1024, IO_BYTES = 512 };

void process_files_open(process_files *p, const char *root, long pid)
{
    const text_file none = {-1};
    *p = (process_files){.pid = pid, .status = none, .stat = none, .io = none};
    p->own_stat = text_file_open(root, "/proc/self/stat");
    if (pid == 0)
        return;
    p->status = text_file_open(root, "/proc/%ld/status", pid);
    p->stat = text_file_open(root, "/proc/%ld/stat", pid);
    p->io = text_file_open(root, "/proc/%ld/io", pid);
}

/* Reads a stat file; false if it cannot be read, or the process has ended. */
static bool read_stat(const text_file *file, proc_stat *out)
{
    char text[STAT_BYTES];
    text_file_read(file, text, sizeof text);
    return proc_stat_of(text, out) && out->state != 'Z' && out->state != 'X';
}

static double seconds(double ticks)
{
    return ticks / (double)sysconf(_SC_CLK_TCK);
}

/* A process that ends loses its memory first, and with it the lines about memory. */
static bool read_memory(const process_files *p, sample_values *out)
{
    char text[STATUS_BYTES];
    text_file_read(&p->status, text, sizeof text);
    const double rss = proc_kb_field(text, "VmRSS:"), swap = proc_kb_field(text, "VmSwap:");
    if (isnan(rss))
        return false;
    out->v[SAMPLE_RSS] = rss;
    out->v[SAMPLE_SWAP] = swap;
    out->v[SAMPLE_PRIVATE] = proc_kb_field(text, "RssAnon:") + swap;
    out->v[SAMPLE_PEAK_RSS] = proc_kb_field(text, "VmHWM:");
    out->v[SAMPLE_FILE_RSS] = proc_kb_field(text, "RssFile:");
    return true;
}

/* Only the user who runs the process may read this file. */
static void read_io(const process_files *p, sample_values *out)
{
    char text[IO_BYTES];
    text_file_read(&p->io, text, sizeof text);
    out->v[SAMPLE_READ] = proc_field(text, "read_bytes:");
    out->v[SAMPLE_WRITTEN] = proc_field(text, "write_bytes:");
}

bool process_files_read(const process_files *p, sample_values *out)
{
    proc_stat stat;
    if (p->pid != 0) {
        if (!read_stat(&p->stat, &stat) || !read_memory(p, out))
            return false;
        out->v[SAMPLE_MINOR_FAULTS] = stat.minor_faults;
        out->v[SAMPLE_MAJOR_FAULTS] = stat.major_faults;
        out->v[SAMPLE_SERVER_CPU] = seconds(stat.ticks);
        read_io(p, out);
    }
    if (read_stat(&p->own_stat, &stat))
        out->v[SAMPLE_CLIENT_CPU] = seconds(stat.ticks);
    return true;
}

void process_files_close(process_files *p)
{
    text_file_close(&p->status);
    text_file_close(&p->stat);
    text_file_close(&p->io);
    text_file_close(&p->own_stat);
}
