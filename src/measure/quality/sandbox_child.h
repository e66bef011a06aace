/* sandbox_child.h - the sandboxed process between fork and exec. */
#ifndef QUALITY_SANDBOX_CHILD_H
#define QUALITY_SANDBOX_CHILD_H

#include <linux/filter.h>
#include <sys/types.h>

/* What the child needs, made by the parent: it must not allocate. */
typedef struct sandbox_plan {
    char *const *argv;
    int in_fd, out_fd, report_fd;
    int cpu_s;
    unsigned long memory_bytes; // of address space
    struct sock_fprog filter;
} sandbox_plan;

/* Limits this process, installs the filter and becomes argv[0], with in_fd as 0, out_fd as 1 and 2, report_fd as 3 and
 * nothing else open.  Never returns.  `parent` is the process that forked. */
void sandbox_child_run(const sandbox_plan *plan, pid_t parent);

#endif
