/* bandwidth.c - how fast this machine's cores read memory: the ceiling of generation speed. */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/pool.h"
#include "spillway.h"

/* A core keeps more cache lines on the way when several streams run at once and lines are asked for ahead of use. */
enum { LINE = 64, N_STREAMS = 4, AHEAD = 32 * LINE, BLOCK = 1 << 20, PROBE_BYTES = 1 << 30 };

struct sw_bandwidth_probe {
    sw_pool *pool;
    uint8_t *data;
    volatile uint64_t sink; // what was read is used, so that reading cannot be left out
};

sw_bandwidth_probe *sw_bandwidth_probe_create(int n_threads)
{
    sw_bandwidth_probe *const b = sw_calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->pool = sw_pool_create(n_threads);
    b->data = sw_big_alloc(PROBE_BYTES);
    if (b->pool == NULL || b->data == NULL) {
        sw_bandwidth_probe_free(b);
        return NULL;
    }
    memset(b->data, 1, PROBE_BYTES); // untouched pages would all be the same page of zeros
    return b;
}

void sw_bandwidth_probe_free(sw_bandwidth_probe *b)
{
    if (b == NULL)
        return;
    sw_big_free(b->data, PROBE_BYTES);
    sw_pool_free(b->pool);
    sw_free(b);
}

/* Adds up one block as N_STREAMS streams side by side. */
static uint64_t read_block(const uint8_t *block)
{
    uint64_t sums[N_STREAMS] = {0};
    const size_t part = BLOCK / N_STREAMS;
    for (size_t at = 0; at < part; at += LINE) {
        for (size_t s = 0; s < N_STREAMS; s++) {
            const uint8_t *const p = block + s * part + at;
            __builtin_prefetch(p + AHEAD);
            uint64_t words[LINE / sizeof(uint64_t)];
            memcpy(words, p, sizeof words);
            for (size_t i = 0; i < LINE / sizeof(uint64_t); i++)
                sums[s] += words[i];
        }
    }
    return sums[0] + sums[1] + sums[2] + sums[3];
}

static void read_task(void *ud, size_t task, int worker)
{
    (void)worker;
    sw_bandwidth_probe *const b = ud;
    const uint64_t sum = read_block(b->data + task * BLOCK);
    if (sum == 1) // never: the block holds ones, but the compiler does not know
        b->sink = sum;
}

double sw_bandwidth_probe_run(sw_bandwidth_probe *b)
{
    const sw_clock *const clock = sw_clock_system();
    const uint64_t start = sw_now_ns(clock);
    sw_pool_run(b->pool, PROBE_BYTES / BLOCK, read_task, b);
    return PROBE_BYTES / ((double)(sw_now_ns(clock) - start) / 1e9);
}
