/* bench_attend.c - attention over a long context: bytes of keys and values per second, and multiply-adds.
 *
 * One thread, one KV head after another, a span at a time, as the engine does.  "alone" is a token that is generated;
 * "chunk" is as many queries as are taken together when a prompt is evaluated.  Times are the processor's own (other
 * work on the machine does not count), the best of several turns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "base/sysinfo.h"
#include "kernels/kernels.h"
#include "quant/half.h"

enum { N_TURNS = 5, N_POSITIONS = 32768, N_PAGES = N_POSITIONS / KV_PAGE };

typedef struct shape {
    const char *name;
    int n_kv, n_queries, d_k, d_v; // KV heads, and query heads that share one
} shape;

static const shape SHAPES[] = {{"gpt-oss", 8, 8, 64, 64},
                               {"phimoe", 8, 4, 128, 128},
                               {"deepseek", 16, 1, 128, 128},
                               {"deepseek2", 1, 16, 576, 512}};

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Any bytes will do for speed, but NaN and subnormals would not: F16 from 0.125 to 2, which are codes and scales too.
 */
static uint8_t *make_pages(size_t bytes)
{
    uint8_t *const p = mem_big_alloc(bytes);
    if (p == NULL)
        exit(EXIT_FAILURE);
    rng_state r;
    rng_seed(&r, 1);
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
        const uint64_t v = (rng_next(&r) & UINT64_C(0x8fff8fff8fff8fff)) | UINT64_C(0x3000300030003000);
        memcpy(p + i, &v, sizeof v);
    }
    return p;
}

static void measure(const kernels *k, const shape *s, tensor_type type, int n, const char *name)
{
    const size_t key_bytes = kv_key_bytes(type, s->d_k), bytes = key_bytes + kv_value_bytes(type, s->d_v);
    const size_t total = bytes * (size_t)s->n_kv * N_PAGES;
    uint8_t *const pages = make_pages(total);
    static float q[ATTEND_QUERIES][HEAD_MAX], out[ATTEND_QUERIES][HEAD_MAX];
    attend_query queries[ATTEND_QUERIES];
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < s->d_k; j++)
            q[i][j] = (float)((i * 7 + j * 5) % 11 - 5) * 0.1f;
        queries[i] = (attend_query){.q = q[i], .begin = 0, .end = N_POSITIONS, .out = out[i]};
    }
    double best = 1e9;
    for (int turn = 0; turn < N_TURNS; turn++) {
        const double start = cpu_seconds();
        for (int head = 0; head < s->n_kv; head++) {
            for (int first = 0; first < N_PAGES; first += KV_SPAN) {
                const void *keys[KV_SPAN], *values[KV_SPAN];
                for (int i = 0; i < KV_SPAN; i++) {
                    keys[i] = pages + ((size_t)(first + i) * (size_t)s->n_kv + (size_t)head) * bytes;
                    values[i] = (const uint8_t *)keys[i] + key_bytes;
                }
                k->attend(&(attend_args){type, s->d_k, s->d_v, 0.1f, keys, values, first, KV_SPAN, queries, n});
            }
        }
        const double took = cpu_seconds() - start;
        best = took < best ? took : best;
    }
    const double macs = (double)N_POSITIONS * s->n_kv * n * (s->d_k + s->d_v);
    printf("%-10s %-5s %-7s %-6s %2d queries  %7.1f GB/s  %7.1f 10^9 multiply-adds/s\n", s->name, type_name(type),
           k->name, name, n, (double)total / best / 1e9, macs / best / 1e9);
    fflush(stdout);
    mem_big_free(pages, total);
}

int main(void)
{
    const kernels *const *all;
    const size_t n_all = kernels_all(&all);
    static const tensor_type TYPES[] = {TYPE_F16, TYPE_Q8_0};
    printf("%s, one thread; %d positions; best of %d\n\n", sysinfo_cpu_name(), N_POSITIONS, N_TURNS);
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
        for (size_t v = 1; v < n_all; v++) { // the scalar table is the definition, not a competitor
            for (int t = 0; t < 2; t++) {
                measure(all[v], &SHAPES[i], TYPES[t], SHAPES[i].n_queries, "alone");
                measure(all[v], &SHAPES[i], TYPES[t], ATTEND_QUERIES, "chunk");
            }
        }
    }
    return EXIT_SUCCESS;
}
