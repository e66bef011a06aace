/* cgroup.h - the control groups of a process, and the memory that they leave it.
 *
 * A container, a systemd unit or a batch job has a limit that the machine's free memory says nothing of.  Limits are at
 * the process's own group and at every group above it; the least of what they leave counts.
 */
#ifndef BASE_CGROUP_H
#define BASE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that the groups of this process can still allocate: of each group with a limit, that limit minus what its
 * processes use; page cache does not count as used, because the kernel gives it back.  Reads versions 1 and 2 of
 * control groups, and both side by side, in the files below `root` ("" is the system's own).  UINT64_MAX: no limit is
 * known. */
uint64_t cgroup_memory_left(const char *root);

enum { CGROUP_PATH_BYTES = 4096 };

/* Where the files of a group are.  Groups above the mount point are not visible. */
typedef struct cgroup_place {
    char folder[CGROUP_PATH_BYTES];
    size_t n_top; // the first bytes of `folder`, which are the mount point
    bool is_v2;
} cgroup_place;

/* The group of process `pid` (0: this one) in version 2, or in version 1's hierarchy that counts memory.  False: it is
 * in none that can be seen. */
bool cgroup_place_of(const char *root, long pid, bool is_v2, cgroup_place *out);
/* The smallest memory limit of the group and those above it; UINT64_MAX: none. */
uint64_t cgroup_limit(const cgroup_place *place);

#endif
