/* proc_text.h - the figures in the text files of /proc and /sys.  Pure.
 *
 * Source: proc(5), and Documentation/filesystems/proc.rst, accounting/psi.rst and admin-guide/cgroup-v2.rst of Linux.
 * The texts are input from outside: a process chooses its own name, and a recorded tree may hold anything.  A figure
 * that is not exactly as the kernel writes it (cut, negative, too large, without its unit) is NAN.
 */
#ifndef MONITOR_PROC_TEXT_H
#define MONITOR_PROC_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The number at the start of `text`, after blanks and before a blank or the end of a line: "-12", "2596.132".  At most
 * 18 digits before the point, so that it is exact to a byte up to 2^53. */
double proc_number(const char *text);
/* The same of a number that is not negative. */
double proc_count(const char *text);
/* The number after `key` at the start of a line, as in "oom_kill 3" and "read_bytes: 4096"; `key` holds the colon. */
double proc_field(const char *text, const char *key);
/* The same of a line "VmRSS:     1784 kB", in bytes. */
double proc_kb_field(const char *text, const char *key);

/* /proc/PID/stat.  The name of the process is in parentheses, and may hold parentheses, blanks and line ends. */
typedef struct proc_stat {
    char state; // 'Z': it has ended, and its parent has not looked
    double minor_faults, major_faults;
    double ticks; // of processor time, user and kernel, all threads
} proc_stat;

/* False, and nothing is written: it is no such line. */
bool proc_stat_of(const char *text, proc_stat *out);

/* Ticks in which the cores of the machine were busy, from the first line of /proc/stat.  Time that a hypervisor gave to
 * others counts: the core was not free. */
double proc_busy_ticks(const char *text);

/* The share of the last 10 s in which some task waited, of a pressure file; 0 to 100. */
double proc_pressure(const char *text);

/* Adds the frequencies in MHz of a piece of /proc/cpuinfo that ends with a whole line. */
void proc_add_mhz(const char *text, double *sum, size_t *n);

/* A sensor's millidegrees as degrees; NAN also where no processor works. */
double proc_celsius(const char *text);

#endif
