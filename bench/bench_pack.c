/* bench_pack.c - how fast one core packs rows of a file into tiles: the work of loading a model.  From and to memory
 * that the second-level cache holds, in processor time, best of several turns. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "base/sysinfo.h"
#include "quant/decode.h"
#include "quant/tile.h"

enum { N_COLS = 2816, N_TILES = 4, N_ROUNDS = 200, N_TURNS = 7, BYTES_MAX = 16 * N_TILES * N_COLS * 4 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(void)
{
    uint8_t *const rows = mem_big_alloc(BYTES_MAX), *const tiles = mem_big_alloc(BYTES_MAX);
    if (rows == NULL || tiles == NULL) {
        fprintf(stderr, "bench_pack: out of memory\n");
        return EXIT_FAILURE;
    }
    rng_state r;
    rng_seed(&r, 1);
    for (size_t i = 0; i < BYTES_MAX; i++)
        rows[i] = (uint8_t)rng_next(&r);
    printf("%s; packing on one core\n\ntype     GB/s\n", sysinfo_cpu_name());
    for (uint32_t t = 0; t < TYPE_N; t++) {
        if (!decode_supports((tensor_type)t))
            continue;
        const size_t tile_bytes = tile_size((tensor_type)t, N_COLS);
        double best = 0;
        for (int turn = 0; turn < N_TURNS; turn++) {
            const double start = now();
            for (int i = 0; i < N_ROUNDS; i++) {
                for (size_t tile = 0; tile < N_TILES; tile++)
                    tile_pack((tensor_type)t, rows + tile * tile_bytes, TILE_ROWS, N_COLS, tiles + tile * tile_bytes);
            }
            const double rate = (double)(N_ROUNDS * N_TILES * tile_bytes) / (now() - start) / 1e9;
            best = rate > best ? rate : best;
        }
        printf("%-6s %6.2f\n", type_name((tensor_type)t), best);
    }
    mem_big_free(rows, BYTES_MAX);
    mem_big_free(tiles, BYTES_MAX);
    return EXIT_SUCCESS;
}
