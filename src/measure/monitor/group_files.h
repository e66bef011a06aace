/* group_files.h - the server's control group, versions 1 and 2: memory, its limit, processes ended for memory, and the
 * pressure on the group, or on the machine where groups do not count it. */
#ifndef MONITOR_GROUP_FILES_H
#define MONITOR_GROUP_FILES_H

#include <stdbool.h>

#include "base/cgroup.h"
#include "monitor/text_file.h"
#include "results/sample_figures.h"

enum { N_PRESSURES = 3 }; // cpu, memory, io

typedef struct group_files {
    cgroup_place place; // that counts memory
    bool has_place;
    text_file usage, events;
    text_file pressure[N_PRESSURES];
} group_files;

/* pid 0: no group, and the machine's pressure. */
void group_files_open(group_files *g, const char *root, long pid);
void group_files_read(const group_files *g, sample_values *out);
/* The limit, which changes seldom and is looked for in every group above. */
void group_files_read_limit(const group_files *g, sample_values *out);
void group_files_close(group_files *g);

#endif
