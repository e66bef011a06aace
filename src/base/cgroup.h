/* cgroup.h - the memory that control groups leave this process.
 *
 * A container, a systemd unit or a batch job has a limit that the machine's free memory says nothing of.  Limits are at
 * the process's own group and at every group above it; the least of what they leave counts.
 */
#ifndef BASE_CGROUP_H
#define BASE_CGROUP_H

#include <stdint.h>

/* Bytes that the groups of this process can still allocate: of each group with a limit, that limit minus what its
 * processes use; page cache does not count as used, because the kernel gives it back.  Reads versions 1 and 2 of
 * control groups, and both side by side, in the files below `root` ("" is the system's own).  UINT64_MAX: no limit is
 * known. */
uint64_t cgroup_memory_left(const char *root);

#endif
