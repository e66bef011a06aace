/* table.c - which kernels run on this machine: one table per instruction set that it has, filled once.  The only file
 * that queries the processor. */
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "kernels/variants.h"

enum { N_LEVELS_MAX = 4 };

static kernels tables[N_LEVELS_MAX];
static const kernels *available[N_LEVELS_MAX];
static size_t n_available;
static const kernels *chosen;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Starts the next table as a copy of the last one, so that entries fall back to it. */
static kernels *climb(void)
{
    kernels *const k = &tables[n_available];
    if (n_available > 0)
        *k = tables[n_available - 1];
    available[n_available++] = k;
    return k;
}

#if defined(__x86_64__)
/* Leaf 7, sub-leaf 1: not every compiler's __builtin_cpu_supports has the name. */
static bool has_avxvnni(void)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a >> 4 & 1) != 0;
}
#endif

static void fill(void)
{
    kernels_fill_scalar(climb());
#if defined(__x86_64__)
    // __builtin_cpu_supports is false, too, if the operating system does not save the wide registers.
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        kernels_fill_avx2(climb());
        if (has_avxvnni())
            kernels_fill_avxvnni(climb());
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512vnni"))
            kernels_fill_avx512(climb());
    }
#elif defined(__aarch64__)
    kernels_fill_neon(climb()); // part of the architecture
    if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP)
        kernels_fill_dotprod(climb());
#endif
    chosen = available[n_available - 1];
    const char *const wanted = getenv("SPILLWAY_ISA");
    for (size_t i = 0; wanted != NULL && i < n_available; i++) {
        if (strcmp(available[i]->name, wanted) == 0)
            chosen = available[i];
    }
}

const kernels *kernels_get(void)
{
    pthread_once(&once, fill);
    return chosen;
}

size_t kernels_all(const kernels *const **out)
{
    pthread_once(&once, fill);
    *out = available;
    return n_available;
}

sw_code kernels_check(sw_err *err)
{
    const char *const wanted = getenv("SPILLWAY_ISA");
    if (wanted == NULL || wanted[0] == '\0' || strcmp(kernels_get()->name, wanted) == 0)
        return SW_OK;
    char names[128] = "";
    for (size_t i = 0, n = 0; i < n_available; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i > 0 ? ", " : "", available[i]->name);
    return sw_fail(err, SW_EINVAL, "SPILLWAY_ISA is '%s'; this machine can run %s", wanted, names);
}
