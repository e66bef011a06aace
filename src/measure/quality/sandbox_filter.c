/* sandbox_filter.c - the two lists of system calls, and the comparison of a call with them.
 *
 * What is not listed is denied, so that a call which a later kernel adds is denied too.
 */
#include "quality/sandbox_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define PROCESSOR AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define PROCESSOR AUDIT_ARCH_AARCH64
#else
#define PROCESSOR 0
#endif

enum { X32_CALLS = 0x40000000 }; // x86: the same processor with another table of calls

/* Both stages: memory, time, what is open, and the end. */
static const uint32_t COMPUTING[] = {
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_close,
    SYS_lseek,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_brk,
    SYS_rt_sigaction,
    SYS_futex,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_getrandom,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_sched_yield,
    SYS_restart_syscall,
    SYS_getpid,
    SYS_gettid,
    SYS_exit,
    SYS_exit_group,
#if defined(__x86_64__)
    SYS_time,
#endif
};

/* The start of an interpreter: its program, its libraries and modules, facts about the system. */
static const uint32_t STARTING[] = {
    SYS_execve,     SYS_openat,     SYS_newfstatat,      SYS_fstat,   SYS_statx,           SYS_faccessat,
    SYS_readlinkat, SYS_getdents64, SYS_getcwd,          SYS_pread64, SYS_ioctl,           SYS_fcntl,
    SYS_dup,        SYS_prlimit64,  SYS_set_tid_address, SYS_uname,   SYS_set_robust_list, SYS_sysinfo,
    SYS_getuid,     SYS_geteuid,    SYS_getgid,          SYS_getegid, SYS_getppid,         SYS_sched_getaffinity,
    SYS_prctl,      SYS_seccomp,    SYS_getrlimit,
#ifdef SYS_rseq
    SYS_rseq,
#endif
#ifdef SYS_faccessat2
    SYS_faccessat2,
#endif
#if defined(__x86_64__)
    SYS_open,       SYS_stat,       SYS_lstat,           SYS_access,  SYS_readlink,        SYS_arch_prctl,
    SYS_poll,
#endif
};

typedef struct program {
    struct sock_filter *at;
    size_t n;
} program;

static void put(program *p, struct sock_filter instruction)
{
    if (p->n < SANDBOX_FILTER_MAX)
        p->at[p->n] = instruction;
    p->n++;
}

static void put_load(program *p, size_t offset)
{
    put(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void put_end(program *p, uint32_t action)
{
    put(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void put_allowed(program *p, const uint32_t *calls, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i], 0, 1));
        put_end(p, SECCOMP_RET_ALLOW);
    }
}

size_t sandbox_filter_write(sandbox_stage stage, struct sock_filter *out)
{
    program p = {out, 0};
    if (PROCESSOR == 0)
        return 0;
    put_load(&p, offsetof(struct seccomp_data, arch));
    put(&p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROCESSOR, 1, 0));
    put_end(&p, SECCOMP_RET_KILL_PROCESS);
    put_load(&p, offsetof(struct seccomp_data, nr));
    put(&p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, 0, 1));
    put_end(&p, SECCOMP_RET_KILL_PROCESS);
    put_allowed(&p, COMPUTING, sizeof COMPUTING / sizeof *COMPUTING);
    if (stage == STAGE_START)
        put_allowed(&p, STARTING, sizeof STARTING / sizeof *STARTING);
    put_end(&p, SECCOMP_RET_ERRNO | EPERM);
    return p.n <= SANDBOX_FILTER_MAX ? p.n : 0;
}
