/* sandbox_child.c - makes itself harmless, and then becomes the interpreter.
 *
 * Between fork and exec only system calls are allowed: another thread may have held a lock of the allocator.
 */
#include "quality/sandbox_child.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FIRST_OWN_FD = 4, FILES_MAX = 64, FD_MAX = 1048576 };
// The kernel's flags of namespaces; its header and the C library's do not go together.
enum { NEW_UTS = 0x04000000, NEW_IPC = 0x08000000, NEW_USER = 0x10000000, NEW_NET = 0x40000000 };

static void limit(int what, rlim_t soft, rlim_t hard)
{
    const struct rlimit r = {soft, hard};
    if (setrlimit(what, &r) != 0)
        _exit(126);
}

static void limit_resources(const sandbox_plan *plan)
{
    limit(RLIMIT_CPU, (rlim_t)plan->cpu_s,
          (rlim_t)plan->cpu_s + 1); // SIGXCPU names the reason, SIGKILL cannot be refused
    limit(RLIMIT_AS, plan->memory_bytes, plan->memory_bytes);
    limit(RLIMIT_FSIZE, 0, 0);
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_NOFILE, FILES_MAX, FILES_MAX);
    limit(RLIMIT_MEMLOCK, 0, 0);
}

/* 0, 1, 2 and 3 become the ends of the parent's channels, and everything else is closed. */
static bool keep_channels(const sandbox_plan *plan)
{
    const int ends[FIRST_OWN_FD] = {plan->in_fd, plan->out_fd, plan->out_fd, plan->report_fd};
    int high[FIRST_OWN_FD];
    for (int i = 0; i < FIRST_OWN_FD; i++) { // above the four first, so that none replaces another
        high[i] = fcntl(ends[i], F_DUPFD, FIRST_OWN_FD);
        if (high[i] < 0)
            return false;
    }
    for (int i = 0; i < FIRST_OWN_FD; i++) {
        if (dup2(high[i], i) < 0)
            return false;
    }
#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)FIRST_OWN_FD, ~0u, 0u) == 0)
        return true;
#endif
    const long n = sysconf(_SC_OPEN_MAX);
    for (int fd = FIRST_OWN_FD; fd < (n > 0 && n < FD_MAX ? (int)n : FD_MAX); fd++)
        close(fd);
    return true;
}

/* What the system refuses here, the filters deny anyway. */
static void leave_namespaces(void)
{
    if (syscall(SYS_unshare, NEW_USER | NEW_NET | NEW_IPC | NEW_UTS) != 0)
        (void)!syscall(SYS_unshare, NEW_NET | NEW_IPC | NEW_UTS);
}

static void say(const char *text)
{
    (void)!write(2, text, strlen(text));
    _exit(126);
}

void sandbox_child_run(const sandbox_plan *plan, pid_t parent)
{
    static char *const environment[] = {(char *)"LC_ALL=C.UTF-8", NULL};
    setsid();
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || !keep_channels(plan) || chdir("/") != 0)
        _exit(126);
    leave_namespaces();
    limit_resources(plan);
    prctl(PR_SET_DUMPABLE, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &plan->filter) != 0)
        say("this system takes no filter of system calls (seccomp)\n");
    execve(plan->argv[0], plan->argv, environment);
    say("the Python interpreter cannot be started\n");
}
