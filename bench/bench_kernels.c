/* bench_kernels.c - how near the matrix products come to what this machine can do.
 *
 * Matrix times vector reads every weight once, so its limit is the read bandwidth: it runs over a working set that no
 * cache holds, and the bandwidth is measured beside it, in turns, by plain sequential reads of the same memory with as
 * many threads.  Matrix times matrix is counted in multiply-adds.  Every figure is the best of several turns, since
 * other work on the machine only makes it lower.  Names of types as arguments choose what is measured; --best before
 * them keeps to the table that spillway would choose here, for all cores.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/sysinfo.h"
#include "kernels/codes.h"
#include "public/bandwidth_probe.h"
#include "public/multiply_probe.h"
#include "quant/tile.h"

enum {
    N_COLS = 2816, // near gpt-oss's 2880, and whole blocks of 256
    N_TOKENS_MAX = 256,
    N_GEMM_TILES = 360, // 5760 rows, as gate and up of one expert
    N_TURNS = 7,
    N_THREADS_MAX = 256,
    MIB = 1 << 20
};

typedef struct bench {
    uint8_t *weights;
    size_t size; // of weights
    act_rows x;
    float *y;
    int n_threads;
} bench;

/* What one thread does: read its share, or multiply its share of n_tiles tiles with n tokens. */
typedef struct task {
    const bench *b;
    matmul_fn matmul;    // NULL: read
    size_t first, count; // tiles, or bytes
    size_t tile_bytes, n, ld;
    uint64_t sum; // of what was read, so that it is
} task;

static void *run_task(void *arg)
{
    task *const t = arg;
    const bench *const b = t->b;
    if (t->matmul == NULL)
        t->sum = bandwidth_read_all(b->weights + t->first, t->count);
    else
        t->matmul(b->weights + t->first * t->tile_bytes, t->count, &b->x, t->n, b->y + t->first * TILE_ROWS, t->ld);
    return NULL;
}

/* Seconds for `total` tiles or bytes, split evenly. */
static double time_tasks(const bench *b, task prototype, size_t total)
{
    static volatile uint64_t sink;
    pthread_t threads[N_THREADS_MAX];
    task tasks[N_THREADS_MAX];
    const uint64_t start = clock_now_ns(clock_system());
    for (int i = 0; i < b->n_threads; i++) {
        const size_t first = total * (size_t)i / (size_t)b->n_threads;
        tasks[i] = prototype;
        tasks[i].first = first;
        tasks[i].count = total * (size_t)(i + 1) / (size_t)b->n_threads - first;
        if (pthread_create(&threads[i], NULL, run_task, &tasks[i]) != 0)
            exit(EXIT_FAILURE);
    }
    for (int i = 0; i < b->n_threads; i++) {
        pthread_join(threads[i], NULL);
        sink = sink + tasks[i].sum;
    }
    return (double)(clock_now_ns(clock_system()) - start) * 1e-9;
}

static double best(double a, double b)
{
    return a > b ? a : b;
}

/* Billions of multiply-adds a second. */
static double gemm_rate(const bench *b, const kernels *k, tensor_type t, size_t n)
{
    const task gemm = {.b = b,
                       .matmul = k->matmul[t],
                       .tile_bytes = tile_size(t, N_COLS),
                       .n = n,
                       .ld = (size_t)N_GEMM_TILES * TILE_ROWS};
    const double work = (double)N_GEMM_TILES * TILE_ROWS * N_COLS * (double)n;
    return work / time_tasks(b, gemm, N_GEMM_TILES) / 1e9;
}

static void measure(const bench *b, const kernels *k, tensor_type t)
{
    const size_t tile_bytes = tile_size(t, N_COLS), n_tiles = b->size / tile_bytes;
    const task reading = {.b = b};
    const task gemv = {.b = b, .matmul = k->matmul[t], .tile_bytes = tile_bytes, .n = 1, .ld = n_tiles * TILE_ROWS};
    double read = 0, rate = 0, gemm_32 = 0, gemm_256 = 0;
    for (int turn = 0; turn < N_TURNS; turn++) {
        const size_t n_bytes = n_tiles * tile_bytes;
        read = best(read, (double)n_bytes / time_tasks(b, reading, n_bytes) / 1e9);
        rate = best(rate, (double)n_bytes / time_tasks(b, gemv, n_tiles) / 1e9);
        gemm_32 = best(gemm_32, gemm_rate(b, k, t, 32));
        gemm_256 = best(gemm_256, gemm_rate(b, k, t, 256));
    }
    printf("%-6s %-7s %7d  %8.1f %8.1f %6.0f %%  %10.1f %10.1f\n", type_name(t), k->name, b->n_threads, rate, read,
           100.0 * rate / read, gemm_32, gemm_256);
    fflush(stdout);
}

static bool fill_acts(act_rows *x, const kernels *k)
{
    const size_t n = (size_t)N_TOKENS_MAX * N_COLS;
    float *const f32 = mem_big_alloc(n * sizeof *f32);
    code_rows codes;
    if (!codes_alloc(&codes, n, n) || f32 == NULL)
        return false;
    probe_fill_acts(k, n, f32, &codes);
    *x = (act_rows){.n_cols = N_COLS, .f32 = f32, .codes = codes};
    return true;
}

/* At least 512 MiB and twice the last cache. */
static size_t working_set(void)
{
    const long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
    const size_t least = (size_t)512 * MIB, wanted = cache > 0 ? 2 * (size_t)cache : 0;
    return wanted > least ? wanted : least;
}

static bool is_wanted(tensor_type t, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], type_name(t)) == 0)
            return true;
    }
    return argc == 1;
}

int main(int argc, char **argv)
{
    const kernels *const *all;
    const size_t n_all = kernels_all(&all);
    const bool best_only = argc > 1 && strcmp(argv[1], "--best") == 0;
    argc -= best_only;
    argv += best_only;
    bench b = {.size = working_set()};
    b.weights = mem_big_alloc(b.size);
    // A weight takes half a byte at least.
    const size_t n_rows_max = 2 * b.size / N_COLS, n_gemm = (size_t)N_TOKENS_MAX * N_GEMM_TILES * TILE_ROWS;
    b.y = mem_big_alloc((n_rows_max > n_gemm ? n_rows_max : n_gemm) * sizeof *b.y);
    if (b.weights == NULL || b.y == NULL || !fill_acts(&b.x, all[0])) {
        fprintf(stderr, "bench_kernels: needs %zu MiB of memory\n", b.size / MIB + 64);
        return EXIT_FAILURE;
    }
    probe_fill_tiles(b.weights, b.size);
    const int n_cores = sysinfo_n_cores() < N_THREADS_MAX ? sysinfo_n_cores() : N_THREADS_MAX;
    printf("%s, %d cores; %zu MiB of weights; best of %d\n\n", sysinfo_cpu_name(), n_cores, b.size / MIB, N_TURNS);
    printf("                        matrix x vector            matrix x matrix, 10^9 multiply-adds/s\n");
    printf("type   kernels threads      GB/s  of read GB/s        32 tokens 256 tokens\n");
    for (int t = 0; t < TYPE_N; t++) {
        // The scalar table is the definition, not a competitor.
        for (size_t v = 1; v < n_all; v++) {
            if (all[v]->matmul[t] == NULL || !is_wanted((tensor_type)t, argc, argv) ||
                (best_only && all[v] != kernels_get()))
                continue;
            for (b.n_threads = best_only ? n_cores : 1; b.n_threads <= n_cores;
                 b.n_threads += b.n_threads == n_cores ? 1 : n_cores - 1)
                measure(&b, all[v], (tensor_type)t);
        }
    }
    return EXIT_SUCCESS;
}
