/* numbered_files.h - the entries of a folder of /sys that differ by a number: cpu0, cpu1, ...; some may be missing. */
#ifndef MONITOR_NUMBERED_FILES_H
#define MONITOR_NUMBERED_FILES_H

#include <stddef.h>

enum { NUMBERED_FILES_MAX = 1024 };

/* The numbers below NUMBERED_FILES_MAX of entries that are `prefix`, a number and `suffix`, ascending.  Returns how
 * many, at most `max`. */
size_t numbered_files_list(const char *root, const char *folder, const char *prefix, const char *suffix, int *out,
                           size_t max);

#endif
