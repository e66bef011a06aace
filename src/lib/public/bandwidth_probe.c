/* bandwidth_probe.c - how fast this machine's cores read memory, which bounds the speed of generation.
 *
 * It measures the real machine, so it reads the system's clock and takes none from options.
 */
#include "public/bandwidth_probe.h"

#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/pool.h"
#include "spillway.h"

enum { PROBE_BYTES = 1 << 30 };

struct sw_bandwidth_probe {
    thread_pool *pool;
    uint8_t *data;
    _Atomic uint64_t sink; // depends on every byte read, so that the compiler cannot drop a read
};

sw_bandwidth_probe *sw_bandwidth_probe_create(int n_threads)
{
    sw_bandwidth_probe *const b = mem_calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->pool = pool_create(n_threads);
    b->data = mem_big_alloc(PROBE_BYTES);
    if (b->pool == NULL || b->data == NULL) {
        sw_bandwidth_probe_free(b);
        return NULL;
    }
    memset(b->data, 1, PROBE_BYTES); // untouched pages would all map to the same page of zeros
    return b;
}

void sw_bandwidth_probe_free(sw_bandwidth_probe *b)
{
    if (b == NULL)
        return;
    mem_big_free(b->data, PROBE_BYTES);
    pool_free(b->pool);
    mem_free(b);
}

/* A cache line; the compiler makes it one, two or four registers. */
typedef uint64_t line __attribute__((vector_size(64)));

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) // the loader picks the clone before TSan is ready
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static uint64_t
read_lines(const uint8_t *p, size_t n)
{
    enum { AHEAD = 4096, N_SUMS = 4 };
    line s[N_SUMS] = {{0}};
    for (size_t i = 0; i + sizeof s <= n; i += sizeof s) {
        for (size_t j = 0; j < N_SUMS; j++) {
            const uint8_t *const at = p + i + j * sizeof(line);
            line v;
            __builtin_prefetch(at + AHEAD);
            memcpy(&v, at, sizeof v);
            s[j] ^= v;
        }
    }
    const line all = s[0] ^ s[1] ^ s[2] ^ s[3];
    return all[0] ^ all[1] ^ all[2] ^ all[3] ^ all[4] ^ all[5] ^ all[6] ^ all[7];
}

uint64_t bandwidth_read_all(const void *bytes, size_t n)
{
    return read_lines(bytes, n);
}

/* Each thread reads its own part of the block. */
static void read_share(void *ud, size_t task, int worker)
{
    (void)worker;
    sw_bandwidth_probe *const b = ud;
    const size_t share = PROBE_BYTES / (size_t)pool_n_threads(b->pool) / 4096 * 4096;
    b->sink ^= bandwidth_read_all(b->data + task * share, share);
}

double sw_bandwidth_probe_run(sw_bandwidth_probe *b)
{
    const sw_clock *const clock = clock_system();
    const uint64_t start = clock_now_ns(clock);
    pool_run(b->pool, (size_t)pool_n_threads(b->pool), read_share, b);
    return PROBE_BYTES / ((double)(clock_now_ns(clock) - start) / 1e9);
}
