/* many.h - a matrix times many tokens (prompts), on int8 tensor cores, from the same tiles as few.h.
 *
 * The K of one mma_s8 is one group of 32 k: what comes out is the integer that the definition multiplies by the two
 * scales. So a group costs one mma for 16 x 8 outputs, and per output a conversion (a subtraction, see MAGIC), the
 * product of the scales and the fma of the definition's chain.  Sums stay in registers over all of K and take their
 * groups in rising order; nothing is split along K, nothing is reordered.
 *
 * A block of 4 warps computes 4 tiles of 16 rows times 8 nt tokens (nt = 4 or 8).  A warp's weights are its own, from
 * global memory straight to registers, two groups ahead; the tokens are shared, in a ring of stages (4 groups each)
 * that copies fill one or two stages ahead.
 *
 * Which token is which column of an mma is free: column c of n-tile i is token 2 nt (c / 2) + 2 i + c % 2, so that lane
 * (g, j), which holds columns 2 j and 2 j + 1 of every n-tile, needs the scales of 2 nt tokens in a row: token block j.
 */
#ifndef GPU_KERNELS_MANY_H
#define GPU_KERNELS_MANY_H

#include "gpu/kernels/product_work.h"

enum { M_WARPS = 4, M_THREADS = M_WARPS * WARP, STAGE_GROUPS = 4, AHEAD = 2, NT_MAX = 8 };

/* A stage in shared memory, in bytes: codes (kinds, groups, 4 token blocks), then rows of scales (rows, 4 token
 * blocks). The gaps behind every token block put the four blocks of a load into different banks. */
#define CODES_OF_BLOCK(nt)  (2 * (nt)*GROUP + 64)
#define SCALES_OF_BLOCK(nt) ((2 * (nt) + 4) * 4)
#define STAGE_BYTES(n_kinds, n_rows, nt)                                                                               \
    (4 * ((n_kinds)*STAGE_GROUPS * CODES_OF_BLOCK(nt) + (n_rows)*SCALES_OF_BLOCK(nt)))
#define RING_OF(n_kinds) ((n_kinds) == 2 ? 2 : 3)

DEVICE int n_kinds_of(const int format)
{
    return is_fine(format) ? 2 : 1;
}
/* Rows of scales in a stage: one per group, and of formats with minima one of scaled sums per step. */
DEVICE int n_rows_of(const int format)
{
    return STAGE_GROUPS * (1 + (has_min(format) ? 1 + has_halves(format) : 0));
}

/* The row of x at a place; of places behind the last one the last one's, which is then not used. */
DEVICE uint64_t row_within(const gpu_product_args *a, const product_work *w, int place)
{
    return row_of(a, place < w->end ? place : w->end - 1);
}

/* Asks for a stage.  What is beyond the last group is a copy of the last one, and not used. */
DEVICE void ask_for_stage(const int format, const int nt, const gpu_product_args *a, const product_work *w, int stage,
                          unsigned char *room)
{
    const int thread = thread_id(), n_groups = a->n / GROUP;
    unsigned char *const scales = room + n_kinds_of(format) * STAGE_GROUPS * 4 * CODES_OF_BLOCK(nt);
    const int group = thread % 8 / 2, half = thread % 2, want = stage * STAGE_GROUPS + group;
    const uint64_t at = (uint64_t)((want < n_groups ? want : n_groups - 1) * GROUP + 16 * half);
    UNROLL
    for (int pass = 0; pass < nt / 2; pass++) { // a token's four groups are 128 bytes: eight threads
        const int t = pass * 16 + thread / 8;
        const uint64_t from = row_within(a, w, w->first + t) * (uint64_t)a->n + at;
        unsigned char *const to =
            room + (group * 4 + t / (2 * nt)) * CODES_OF_BLOCK(nt) + t % (2 * nt) * GROUP + 16 * half;
        copy_16(to, a->x.code + from);
        if (is_fine(format))
            copy_16(to + STAGE_GROUPS * 4 * CODES_OF_BLOCK(nt), a->x.fine + from);
    }
    const int steps = 1 + has_halves(format);
    UNROLL
    for (int u = 0; u < n_rows_of(format) * 8 * nt / M_THREADS; u++) {
        const int i = u * M_THREADS + thread, row = i / (8 * nt), t = i % (8 * nt), is_sum = row >= STAGE_GROUPS;
        const int per_group = is_sum ? steps : 1, in_stage = is_sum ? row - STAGE_GROUPS : row;
        const int wanted = stage * STAGE_GROUPS * per_group + in_stage, last = n_groups * per_group - 1;
        const float *const source = !is_sum ? a->x.scale : steps == 2 ? a->x.half_sum : a->x.sum;
        copy_4(scales + (row * 4 + t / (2 * nt)) * SCALES_OF_BLOCK(nt) + t % (2 * nt) * 4,
               source + (uint64_t)(wanted < last ? wanted : last) * (uint64_t)a->ld + row_within(a, w, w->first + t));
    }
    copy_commit();
}

/* What a lane loads of one group of its tile: codes of rows 2 g and 2 g + 1, and their scales. */
typedef struct raw_group {
    raw_codes codes;
    raw_scale scale[2];
} raw_group;

DEVICE raw_group load_group(const int format, const uint8_t *tile, int group, int n_groups, int lane)
{
    raw_group r;
    r.codes = load_codes(format, tile, group, lane, group < n_groups);
    UNROLL
    for (int i = 0; i < 2; i++)
        r.scale[i] = load_scale(format, tile, group, lane / 4 * 2 + i, group < n_groups);
    return r;
}

/* One step of the chain for an n-tile's four outputs of this lane: rows 2 g + c / 2, columns 2 j + c % 2. */
DEVICE void add_step(const int format, const row_scale row[2], f32x2 x, f32x2 sum, const int32_t dot[4],
                     const int32_t fine_dot[4], float acc[4])
{
    UNROLL
    for (int c = 0; c < 4; c++) {
        const float d = is_fine(format) ? float_of_fine(dot[c], fine_dot[c]) : float_of_sum(dot[c]);
        acc[c] = fma_f32(row[c / 2].scale * x[c % 2], d, acc[c]);
        if (has_min(format))
            acc[c] = fma_f32(row[c / 2].minus_min, sum[c % 2], acc[c]);
    }
}

/* Adds a group: `codes` and `scales` are its places in the stage. */
DEVICE void add_group(const int format, const int nt, const raw_group *raw, const unsigned char *codes,
                      const unsigned char *scales, const unsigned char *sums, float acc[NT_MAX][4])
{
    const int lane = thread_id() % WARP, g = lane / 4, j = lane % 4, n_halves = 1 + has_halves(format);
    const unsigned char *const column = codes + g / 2 * CODES_OF_BLOCK(nt) + g % 2 * GROUP;
    const float *const xs = (const float *)(scales + j * SCALES_OF_BLOCK(nt));
    const float *const xsum = (const float *)(sums + j * SCALES_OF_BLOCK(nt));
    uint32_t a[4];
    row_scale rows[2][2]; // (halves, rows)
    open_codes(format, &raw->codes, lane, a);
    UNROLL
    for (int half = 0; half < n_halves; half++) {
        UNROLL
        for (int i = 0; i < 2; i++)
            rows[half][i] = open_scale(format, &raw->scale[i], half);
    }
    UNROLL
    for (int i = 0; i < nt; i++) {
        const int32_t begin[4] = {MAGIC, MAGIC, MAGIC, MAGIC};
        const f32x2 x = *(const f32x2 *)(xs + 2 * i);
        int32_t dot[4], fine_dot[4] = {0, 0, 0, 0};
        uint32_t b[2], fine[2];
        read_column(format, (const int8_t *)(column + 2 * i * GROUP), lane, b);
        if (is_fine(format)) {
            read_column(format, (const int8_t *)(column + STAGE_GROUPS * 4 * CODES_OF_BLOCK(nt) + 2 * i * GROUP), lane,
                        fine);
            mma_s8(fine_dot, a, fine, begin);
        }
        UNROLL
        for (int half = 0; half < n_halves; half++) {
            f32x2 sum = {0, 0};
            if (has_min(format))
                sum = *(const f32x2 *)(xsum + half * SCALES_OF_BLOCK(nt) + 2 * i);
            if (n_halves == 2)
                mma_half(dot, a + 2 * half, b[half], begin);
            else
                mma_s8(dot, a, b, begin);
            add_step(format, rows[half], x, sum, dot, fine_dot, acc[i]);
        }
    }
}

/* The lane's outputs, of tile `tile`. */
DEVICE void store_outputs(const int nt, const gpu_product_args *a, const product_work *w, int tile,
                          float acc[NT_MAX][4])
{
    const int lane = thread_id() % WARP, row = tile * TILE_ROWS + lane / 4 * 2, j = lane % 4;
    if (tile >= a->n_tiles)
        return;
    const float bias[2] = {w->bias != 0 ? w->bias[row] : 0.0f, w->bias != 0 ? w->bias[row + 1] : 0.0f};
    UNROLL
    for (int i = 0; i < nt; i++) {
        UNROLL
        for (int c = 0; c < 2; c++) {
            const int place = w->first + 2 * nt * j + 2 * i + c;
            f32x2 rows = {acc[i][c], acc[i][2 + c]};
            if (w->bias != 0) {
                rows[0] += bias[0];
                rows[1] += bias[1];
            }
            if (place < w->end)
                *(f32x2 *)(a->y + (uint64_t)place * (uint64_t)a->y_row + (uint64_t)row) = rows;
        }
    }
}

/* Grid: (runs of 4 tiles, runs of 8 nt places, slots). */
DEVICE void multiply_many(const gpu_product_args *a, const int format, const int nt, unsigned char *room)
{
    const int lane = thread_id() % WARP, n_groups = a->n / GROUP,
              n_stages = (n_groups + STAGE_GROUPS - 1) / STAGE_GROUPS;
    const int tile = block_x() * M_WARPS + thread_id() / WARP;
    const int size = STAGE_BYTES(n_kinds_of(format), n_rows_of(format), nt), ring = RING_OF(n_kinds_of(format));
    const product_work w = work_of(a, 8 * nt);
    if (w.first >= w.end)
        return;
    const uint8_t *const weights = w.tiles + (uint64_t)(tile < a->n_tiles ? tile : a->n_tiles - 1) * a->tile_bytes;
    float acc[NT_MAX][4];
    UNROLL
    for (int i = 0; i < nt; i++) {
        UNROLL
        for (int c = 0; c < 4; c++)
            acc[i][c] = 0;
    }
    UNROLL
    for (int s = 0; s < ring - 1; s++)
        ask_for_stage(format, nt, a, &w, s, room + s * size);
    raw_group raw[AHEAD];
    UNROLL
    for (int q = 0; q < AHEAD; q++)
        raw[q] = load_group(format, weights, q, n_groups, lane);
    int slot = 0; // stage % ring
    NO_UNROLL
    for (int stage = 0; stage < n_stages; stage++) {
        copy_wait(RING_OF(n_kinds_of(format)) - 2);
        block_barrier(); // this stage has come for all threads, and all are done with the one before it
        ask_for_stage(format, nt, a, &w, stage + ring - 1, room + (slot == 0 ? ring - 1 : slot - 1) * size);
        const unsigned char *const codes = room + slot * size;
        const unsigned char *const scales = codes + n_kinds_of(format) * STAGE_GROUPS * 4 * CODES_OF_BLOCK(nt);
        UNROLL
        for (int q = 0; q < STAGE_GROUPS; q++) {
            const int group = stage * STAGE_GROUPS + q, row = 4 * SCALES_OF_BLOCK(nt);
            const raw_group now = raw[q % AHEAD];
            raw[q % AHEAD] = load_group(format, weights, group + AHEAD, n_groups, lane);
            if (group < n_groups)
                add_group(format, nt, &now, codes + q * 4 * CODES_OF_BLOCK(nt), scales + q * row,
                          scales + (STAGE_GROUPS + q * (1 + has_halves(format))) * row, acc);
        }
        slot = slot == ring - 1 ? 0 : slot + 1;
    }
    store_outputs(nt, a, &w, tile, acc);
    copy_wait(0);
}

/* The two kernels of a format.  n_kinds: 2 where it reads fine codes.  n_rows: rows of scales in a stage, one per group
 * and with minima one of sums per step: 4, 8, or 12 where scales are of 16 k. */
#define MANY(name, NAME, n_kinds, n_rows, n, n_blocks)                                                                 \
    typedef struct many_##name##_##n##_room {                                                                          \
        unsigned char memory[RING_OF(n_kinds) * STAGE_BYTES(n_kinds, n_rows, (n) / 8)];                                \
    } many_##name##_##n##_room;                                                                                        \
    KERNEL(many_##name##_##n, gpu_product_args, M_THREADS, n_blocks)                                                   \
    {                                                                                                                  \
        SHARED(many_##name##_##n##_room, room);                                                                        \
        multiply_many(&a, GPU_##NAME, (n) / 8, room->memory);                                                          \
    }
#define MANY_KERNELS(name, NAME, n_kinds, n_rows)                                                                      \
    MANY(name, NAME, n_kinds, n_rows, 32, 4) MANY(name, NAME, n_kinds, n_rows, 64, 3)

#endif
