/* multiply_probe.c - how many multiply-adds the kernels reach when nothing has to come from memory: the ceiling of
 * prompt evaluation.
 *
 * Every thread multiplies a few tiles of its own with the same tokens, again and again.  Tiles, activations and outputs
 * of a thread take some hundred KiB, which the caches next to a core hold.
 */
#include "public/multiply_probe.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/pool.h"
#include "base/rng.h"
#include "kernels/codes.h"
#include "quant/tile.h"
#include "spillway.h"

enum {
    N_COLS = 1024,  // what kernels expand at once: sums pass through memory once
    N_TOKENS = 256, // the default batch
    N_TILES = 4,
    N_ROWS = N_TILES * TILE_ROWS,
    TASKS_PER_THREAD = 4,
    RUN_NS_MIN = 50000000
};

struct sw_multiply_probe {
    thread_pool *pool;
    matmul_fn matmul;
    size_t share_bytes; // of the tiles of one thread
    uint8_t *tiles;     // (n_threads, share_bytes)
    float *y;           // (n_threads, N_TOKENS, N_ROWS)
    float *f32;         // the activations
    code_rows codes;
    act_rows x;
};

void probe_fill_tiles(uint8_t *tiles, size_t n)
{
    // Bytes in [0x20, 0x40): whichever of them are scales, they are ordinary numbers in every format.
    rng_state r;
    rng_seed(&r, 1);
    for (size_t i = 0; i + 8 <= n; i += 8) {
        const uint64_t bytes = (rng_next(&r) & UINT64_C(0x1f1f1f1f1f1f1f1f)) | UINT64_C(0x2020202020202020);
        memcpy(tiles + i, &bytes, sizeof bytes);
    }
}

void probe_fill_acts(const kernels *k, size_t n, float *f32, const code_rows *codes)
{
    rng_state r;
    rng_seed(&r, 2);
    for (size_t i = 0; i < n; i++)
        f32[i] = 2.0f * rng_float(&r) - 1.0f;
    k->quantize(f32, n, codes);
}

/* The type of that name that has a kernel, or TYPE_N. */
static tensor_type type_of(const kernels *k, const char *name)
{
    int t = 0;
    while (t < TYPE_N && (k->matmul[t] == NULL || strcmp(type_name((tensor_type)t), name) != 0))
        t++;
    return (tensor_type)t;
}

static bool allocate(sw_multiply_probe *p, size_t n_threads)
{
    const size_t n = (size_t)N_TOKENS * N_COLS;
    p->tiles = mem_big_alloc(n_threads * p->share_bytes);
    p->y = mem_big_alloc(n_threads * N_TOKENS * N_ROWS * sizeof *p->y);
    p->f32 = mem_big_alloc(n * sizeof *p->f32);
    return codes_alloc(&p->codes, n, n) && p->tiles != NULL && p->y != NULL && p->f32 != NULL;
}

static void fill(sw_multiply_probe *p, const kernels *k, size_t n_threads)
{
    const size_t n = (size_t)N_TOKENS * N_COLS;
    probe_fill_tiles(p->tiles, n_threads * p->share_bytes);
    probe_fill_acts(k, n, p->f32, &p->codes);
    p->x = (act_rows){.n_cols = N_COLS, .f32 = p->f32, .codes = p->codes};
}

sw_code sw_multiply_probe_create(sw_multiply_probe **out, const char *type, int n_threads, sw_err *err)
{
    *out = NULL;
    const kernels *const k = kernels_get();
    const tensor_type t = type_of(k, type);
    if (t == TYPE_N)
        return sw_fail(err, SW_EINVAL, "no product is made with weights of type '%s'", type);
    sw_multiply_probe *const p = mem_calloc(1, sizeof *p);
    if (p == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory measuring multiply-adds");
    p->matmul = k->matmul[t];
    p->share_bytes = N_TILES * tile_size(t, N_COLS);
    p->pool = pool_create(n_threads);
    if (p->pool == NULL || !allocate(p, (size_t)n_threads)) {
        sw_multiply_probe_free(p);
        return sw_fail(err, SW_ENOMEM, "out of memory measuring multiply-adds");
    }
    fill(p, k, (size_t)n_threads);
    *out = p;
    return SW_OK;
}

void sw_multiply_probe_free(sw_multiply_probe *p)
{
    if (p == NULL)
        return;
    const size_t n_threads = p->pool != NULL ? (size_t)pool_n_threads(p->pool) : 0, n = (size_t)N_TOKENS * N_COLS;
    mem_big_free(p->tiles, n_threads * p->share_bytes);
    mem_big_free(p->y, n_threads * N_TOKENS * N_ROWS * sizeof *p->y);
    mem_big_free(p->f32, n * sizeof *p->f32);
    codes_free(&p->codes, n, n);
    pool_free(p->pool);
    mem_free(p);
}

static void multiply(void *ud, size_t task, int worker)
{
    (void)task;
    const sw_multiply_probe *const p = ud;
    float *const y = p->y + (size_t)worker * N_TOKENS * N_ROWS;
    p->matmul(p->tiles + (size_t)worker * p->share_bytes, N_TILES, &p->x, N_TOKENS, y, N_ROWS);
}

double sw_multiply_probe_run(sw_multiply_probe *p)
{
    const size_t n_tasks = (size_t)pool_n_threads(p->pool) * TASKS_PER_THREAD;
    const sw_clock *const clock = clock_system();
    const uint64_t start = clock_now_ns(clock);
    double work = 0;
    uint64_t ns;
    do {
        pool_run(p->pool, n_tasks, multiply, p);
        work += (double)n_tasks * N_ROWS * N_COLS * N_TOKENS;
        ns = clock_now_ns(clock) - start;
    } while (ns < RUN_NS_MIN);
    return work / ((double)ns * 1e-9);
}
