/* formats_neon.h - the quantized formats as the NEON products see them: signed codes of 4 rows, and scales.
 *
 * A register holds one quarter (0..3) of a chunk (tile_layout.h): four consecutive k of 4 rows.  Names end in _neon.
 */
#ifndef KERNELS_ARM_FORMATS_NEON_H
#define KERNELS_ARM_FORMATS_NEON_H

#include <arm_neon.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernels/lanes/template.h"
#include "quant/blocks.h"
#include "quant/tile_layout.h"

enum { N_QUARTERS = 4, QUARTER_ROWS = TILE_ROWS / N_QUARTERS };

/* The arithmetic of a format, apart from its codes: codes of a byte with fine codes, codes of a byte, smaller codes; of
 * those, with a minimum, with a scale per 16 k, with both. */
typedef enum steps_kind { FINE, BYTES, SIMPLE, MIN, HALVES, HALVES_MIN } steps_kind;

typedef struct steps_neon {
    int n_short;     // chunks whose products fit 16 bits when added up
    bool has_halves; // every 16 k have their own scale
    bool has_min;
    bool is_fine; // reads fine codes too; the scale is then of 128ths
} steps_neon;

/* 2 * (128 * 127), 8 * (31 * 127) and 4 * (32 * 127), the largest pairs of codes there are, are all below 2^15. */
static const steps_neon STEPS[] = {[FINE] = {.n_short = 2, .is_fine = true},
                                   [BYTES] = {.n_short = 2},
                                   [SIMPLE] = {.n_short = 8},
                                   [MIN] = {.n_short = 8, .has_min = true},
                                   [HALVES] = {.n_short = 4, .has_halves = true},
                                   [HALVES_MIN] = {.n_short = 4, .has_halves = true, .has_min = true}};

/* How a group of 32 k of one quarter of a tile becomes signed codes and scales.  `block` is the format's struct. */
typedef struct format_neon {
    size_t block_bytes; // of 16 rows
    int n_groups;       // in a block
    steps_kind kind;
    void (*codes)(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS]);
    // scale[0]; with halves [0] and [1]; then the mins
    void (*scales)(const void *block, int g, int quarter, float32x4_t scale[4]);
} format_neon;

/* ---- parts of a tile --------------------------------------------------------------------------------------------- */

INLINE float32x4_t load_f16_neon(const uint16_t p[TILE_ROWS], int quarter)
{
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + QUARTER_ROWS * quarter)));
}

/* A byte of each row to an integer. */
INLINE uint32x4_t load_u8_neon(const uint8_t p[TILE_ROWS], int quarter)
{
    uint32_t four;
    memcpy(&four, p + QUARTER_ROWS * quarter, sizeof four);
    return vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four))));
}

INLINE uint8x16_t load_chunk_neon(const tile_chunk *p, int quarter)
{
    return vld1q_u8(p->row[QUARTER_ROWS * quarter]);
}

INLINE float32x4_t times_u32_neon(float32x4_t a, uint32x4_t n)
{
    return vmulq_f32(a, vcvtq_f32_u32(n));
}

INLINE float32x4_t times_s32_neon(float32x4_t a, int32x4_t n)
{
    return vmulq_f32(a, vcvtq_f32_s32(n));
}

/* Bits `by` and up. */
INLINE uint32x4_t shift_right_neon(uint32x4_t a, int by)
{
    return vshlq_u32(a, vdupq_n_s32(-by));
}

/* Chunk 2 c from the low nibbles, 2 c + 1 from the high ones. */
INLINE void nibbles_neon(const tile_nibbles *p, int quarter, uint8x16_t code[TILE_CHUNKS])
{
    UNROLL
    for (int c = 0; c < TILE_CHUNKS / 2; c++) {
        const uint8x16_t q = load_chunk_neon(&p->chunk[c], quarter);
        code[2 * c] = vandq_u8(q, vdupq_n_u8(15));
        code[2 * c + 1] = vshrq_n_u8(q, 4);
    }
}

INLINE void pairs_neon(const tile_pairs *p, int quarter, uint8x16_t code[TILE_CHUNKS])
{
    const uint8x16_t low = vdupq_n_u8(3);
    UNROLL
    for (int h = 0; h < 2; h++) {
        const uint8x16_t four = load_chunk_neon(&p->chunk[h], quarter);
        code[4 * h] = vandq_u8(four, low);
        code[4 * h + 1] = vandq_u8(vshrq_n_u8(four, 2), low);
        code[4 * h + 2] = vandq_u8(vshrq_n_u8(four, 4), low);
        code[4 * h + 3] = vshrq_n_u8(four, 6);
    }
}

/* Adds `value` to the codes, which do not have it, whose bit is set. */
INLINE void add_bits_neon(uint8_t value, const tile_bits *p, int quarter, uint8x16_t code[TILE_CHUNKS])
{
    const uint8x16_t byte_of = vcombine_u8(vdup_n_u8(0), vdup_n_u8(1));
    const uint8x16_t bit_of = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201));
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++) {
        const uint8x16_t both = vreinterpretq_u8_u16(vdupq_n_u16(p->chunk[c][quarter]));
        const uint8x16_t spread = vqtbl1q_u8(both, byte_of);
        code[c] = vorrq_u8(code[c], vandq_u8(vtstq_u8(spread, bit_of), vdupq_n_u8(value)));
    }
}

/* The two numbers of group g. */
INLINE void six_bits_neon(const tile_six_bits *p, int g, int quarter, uint32x4_t pair[2])
{
    const uint32x4_t low = load_u8_neon(p->low[g], quarter);
    const uint32x4_t top = shift_right_neon(load_u8_neon(p->high[g / 2], quarter), 4 * (g % 2));
    const uint32x4_t low_bits = vdupq_n_u32(15), top_bits = vdupq_n_u32(3 << 4);
    pair[0] = vorrq_u32(vandq_u32(low, low_bits), vandq_u32(vshlq_n_u32(top, 4), top_bits));
    pair[1] = vorrq_u32(vshrq_n_u32(low, 4), vandq_u32(vshlq_n_u32(top, 2), top_bits));
}

/* Signed codes: those of `from` less `offset`. */
INLINE void to_signed_neon(uint8_t offset, const uint8x16_t from[TILE_CHUNKS], int8x16_t code[TILE_CHUNKS])
{
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++)
        code[c] = vreinterpretq_s8_u8(vsubq_u8(from[c], vdupq_n_u8(offset)));
}

INLINE void nibble_codes_neon(uint8_t offset, const tile_nibbles *p, int quarter, int8x16_t code[TILE_CHUNKS])
{
    uint8x16_t u[TILE_CHUNKS];
    nibbles_neon(p, quarter, u);
    to_signed_neon(offset, u, code);
}

INLINE void five_bit_codes_neon(uint8_t offset, const tile_bits *fifth, const tile_nibbles *low, int quarter,
                                int8x16_t code[TILE_CHUNKS])
{
    uint8x16_t u[TILE_CHUNKS];
    nibbles_neon(low, quarter, u);
    add_bits_neon(16, fifth, quarter, u);
    to_signed_neon(offset, u, code);
}

/* Entries of a table, by nibbles. */
INLINE void table_codes_neon(int8x16_t table, const tile_nibbles *p, int quarter, int8x16_t code[TILE_CHUNKS])
{
    uint8x16_t u[TILE_CHUNKS];
    nibbles_neon(p, quarter, u);
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++)
        code[c] = vqtbl1q_s8(table, u[c]);
}

/* ---- formats ----------------------------------------------------------------------------------------------------- */

INLINE void q8_0_codes_neon(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS])
{
    (void)g;
    const tile_q8_0 *const t = block;
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++)
        code[c] = vreinterpretq_s8_u8(veorq_u8(load_chunk_neon(&t->chunk[c], quarter), vdupq_n_u8(0x80)));
}

INLINE void q8_0_scales_neon(const void *block, int g, int quarter, float32x4_t scale[4])
{
    (void)g;
    const tile_q8_0 *const t = block;
    scale[0] = vmulq_n_f32(load_f16_neon(t->d, quarter), 1.0f / 128);
}

INLINE void q4_0_codes_neon(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS])
{
    (void)g;
    const tile_q4_0 *const t = block;
    nibble_codes_neon(8, &t->nibbles, quarter, code);
}

INLINE void q4_0_scales_neon(const void *block, int g, int quarter, float32x4_t scale[4])
{
    (void)g;
    const tile_q4_0 *const t = block;
    scale[0] = load_f16_neon(t->d, quarter);
}

INLINE void q4_1_codes_neon(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS])
{
    (void)g;
    const tile_q4_1 *const t = block;
    nibble_codes_neon(0, &t->nibbles, quarter, code);
}

INLINE void q4_1_scales_neon(const void *block, int g, int quarter, float32x4_t scale[4])
{
    (void)g;
    const tile_q4_1 *const t = block;
    scale[0] = load_f16_neon(t->d, quarter);
    scale[1] = vnegq_f32(load_f16_neon(t->m, quarter)); // m is added: the min is -m
}

INLINE void q5_0_codes_neon(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS])
{
    (void)g;
    const tile_q5_0 *const t = block;
    five_bit_codes_neon(16, &t->fifth, &t->nibbles, quarter, code);
}

INLINE void q5_0_scales_neon(const void *block, int g, int quarter, float32x4_t scale[4])
{
    (void)g;
    const tile_q5_0 *const t = block;
    scale[0] = load_f16_neon(t->d, quarter);
}

INLINE void q5_1_codes_neon(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS])
{
    (void)g;
    const tile_q5_1 *const t = block;
    five_bit_codes_neon(0, &t->fifth, &t->nibbles, quarter, code);
}

INLINE void q5_1_scales_neon(const void *block, int g, int quarter, float32x4_t scale[4])
{
    (void)g;
    const tile_q5_1 *const t = block;
    scale[0] = load_f16_neon(t->d, quarter);
    scale[1] = vnegq_f32(load_f16_neon(t->m, quarter)); // m is added: the min is -m
}

INLINE void iq4_nl_codes_neon(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS])
{
    (void)g;
    const tile_iq4_nl *const t = block;
    table_codes_neon(vld1q_s8(IQ4_VALUES), &t->nibbles, quarter, code);
}

INLINE void iq4_nl_scales_neon(const void *block, int g, int quarter, float32x4_t scale[4])
{
    (void)g;
    const tile_iq4_nl *const t = block;
    scale[0] = load_f16_neon(t->d, quarter);
}

INLINE void mxfp4_codes_neon(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS])
{
    (void)g;
    const tile_mxfp4 *const t = block;
    table_codes_neon(vld1q_s8(E2M1_DOUBLED), &t->nibbles, quarter, code);
}

/* As block_e8m0_half. */
INLINE void mxfp4_scales_neon(const void *block, int g, int quarter, float32x4_t scale[4])
{
    (void)g;
    const tile_mxfp4 *const t = block;
    const uint32x4_t e = load_u8_neon(t->e, quarter);
    const uint32x4_t normal = vshlq_n_u32(vsubq_u32(e, vdupq_n_u32(1)), 23);
    const uint32x4_t subnormal = vshlq_u32(vdupq_n_u32(0x00200000), vreinterpretq_s32_u32(e));
    const uint32x4_t finite = vbslq_u32(vcltq_u32(e, vdupq_n_u32(2)), subnormal, normal);
    const uint32x4_t is_nan = vceqq_u32(e, vdupq_n_u32(255));
    scale[0] = vreinterpretq_f32_u32(vbslq_u32(is_nan, vdupq_n_u32(0x7fc00000), finite));
}

INLINE void q2_k_codes_neon(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS])
{
    const tile_q2_k *const t = block;
    uint8x16_t u[TILE_CHUNKS];
    pairs_neon(&t->group[g], quarter, u);
    to_signed_neon(0, u, code);
}

INLINE void q2_k_scales_neon(const void *block, int g, int quarter, float32x4_t scale[4])
{
    const tile_q2_k *const t = block;
    UNROLL
    for (int h = 0; h < 2; h++) {
        const uint32x4_t both = load_u8_neon(t->scale_min[2 * g + h], quarter);
        scale[h] = times_u32_neon(load_f16_neon(t->d, quarter), vandq_u32(both, vdupq_n_u32(15)));
        scale[2 + h] = times_u32_neon(load_f16_neon(t->dmin, quarter), vshrq_n_u32(both, 4));
    }
}

INLINE void q3_k_codes_neon(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS])
{
    const tile_q3_k *const t = block;
    uint8x16_t u[TILE_CHUNKS];
    pairs_neon(&t->group[g].pairs, quarter, u);
    add_bits_neon(4, &t->group[g].third, quarter, u);
    to_signed_neon(4, u, code);
}

INLINE void q3_k_scales_neon(const void *block, int g, int quarter, float32x4_t scale[4])
{
    const tile_q3_k *const t = block;
    uint32x4_t pair[2];
    six_bits_neon(&t->scales, g, quarter, pair);
    UNROLL
    for (int h = 0; h < 2; h++)
        scale[h] =
            times_s32_neon(load_f16_neon(t->d, quarter), vsubq_s32(vreinterpretq_s32_u32(pair[h]), vdupq_n_s32(32)));
}

INLINE void q4_k_codes_neon(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS])
{
    const tile_q4_k *const t = block;
    nibble_codes_neon(0, &t->group[g], quarter, code);
}

INLINE void q4_k_scales_neon(const void *block, int g, int quarter, float32x4_t scale[4])
{
    const tile_q4_k *const t = block;
    uint32x4_t pair[2];
    six_bits_neon(&t->scales, g, quarter, pair);
    scale[0] = times_u32_neon(load_f16_neon(t->d, quarter), pair[0]);
    scale[1] = times_u32_neon(load_f16_neon(t->dmin, quarter), pair[1]);
}

INLINE void q5_k_codes_neon(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS])
{
    const tile_q5_k *const t = block;
    five_bit_codes_neon(0, &t->group[g].fifth, &t->group[g].nibbles, quarter, code);
}

INLINE void q5_k_scales_neon(const void *block, int g, int quarter, float32x4_t scale[4])
{
    const tile_q5_k *const t = block;
    uint32x4_t pair[2];
    six_bits_neon(&t->scales, g, quarter, pair);
    scale[0] = times_u32_neon(load_f16_neon(t->d, quarter), pair[0]);
    scale[1] = times_u32_neon(load_f16_neon(t->dmin, quarter), pair[1]);
}

INLINE void q6_k_codes_neon(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS])
{
    const tile_q6_k *const t = block;
    uint8x16_t u[TILE_CHUNKS], top[TILE_CHUNKS];
    nibbles_neon(&t->group[g].low, quarter, u);
    pairs_neon(&t->group[g].high, quarter, top);
    UNROLL
    for (int c = 0; c < TILE_CHUNKS; c++)
        u[c] = vorrq_u8(u[c], vshlq_n_u8(top[c], 4));
    to_signed_neon(32, u, code);
}

INLINE void q6_k_scales_neon(const void *block, int g, int quarter, float32x4_t scale[4])
{
    const tile_q6_k *const t = block;
    UNROLL
    for (int h = 0; h < 2; h++) {
        // A signed byte: its sign bit counts -128.
        const uint32x4_t u = load_u8_neon((const uint8_t *)t->scale[2 * g + h], quarter);
        const int32x4_t s = vreinterpretq_s32_u32(veorq_u32(u, vdupq_n_u32(128)));
        scale[h] = times_s32_neon(load_f16_neon(t->d, quarter), vsubq_s32(s, vdupq_n_s32(128)));
    }
}

INLINE void iq4_xs_codes_neon(const void *block, int g, int quarter, int8x16_t code[TILE_CHUNKS])
{
    const tile_iq4_xs *const t = block;
    table_codes_neon(vld1q_s8(IQ4_VALUES), &t->group[g], quarter, code);
}

INLINE void iq4_xs_scales_neon(const void *block, int g, int quarter, float32x4_t scale[4])
{
    const tile_iq4_xs *const t = block;
    const uint32x4_t both = load_u8_neon(t->low[g / 2], quarter);
    const uint32x4_t low = vandq_u32(shift_right_neon(both, 4 * (g % 2)), vdupq_n_u32(15));
    const uint32x4_t all = vmovl_u16(vld1_u16(t->top + QUARTER_ROWS * quarter));
    const uint32x4_t top = vandq_u32(shift_right_neon(all, 2 * g), vdupq_n_u32(3));
    const int32x4_t s = vreinterpretq_s32_u32(vorrq_u32(low, vshlq_n_u32(top, 4)));
    scale[0] = times_s32_neon(load_f16_neon(t->d, quarter), vsubq_s32(s, vdupq_n_s32(32)));
}

/* ---- descriptions ------------------------------------------------------------------------------------------------ */

/* What every description begins with. */
#define SMALL_NEON(name)                                                                                               \
    .block_bytes = sizeof(tile_##name), .n_groups = 1, .codes = name##_codes_neon, .scales = name##_scales_neon
#define LARGE_NEON(name)                                                                                               \
    .block_bytes = sizeof(tile_##name), .n_groups = TILE_GROUPS, .codes = name##_codes_neon,                           \
    .scales = name##_scales_neon

static const format_neon Q8_0_NEON = {SMALL_NEON(q8_0), .kind = FINE};
static const format_neon Q4_0_NEON = {SMALL_NEON(q4_0), .kind = SIMPLE};
static const format_neon Q4_1_NEON = {SMALL_NEON(q4_1), .kind = MIN};
static const format_neon Q5_0_NEON = {SMALL_NEON(q5_0), .kind = SIMPLE};
static const format_neon Q5_1_NEON = {SMALL_NEON(q5_1), .kind = MIN};
static const format_neon Q2_K_NEON = {LARGE_NEON(q2_k), .kind = HALVES_MIN};
static const format_neon Q3_K_NEON = {LARGE_NEON(q3_k), .kind = HALVES};
static const format_neon Q4_K_NEON = {LARGE_NEON(q4_k), .kind = MIN};
static const format_neon Q5_K_NEON = {LARGE_NEON(q5_k), .kind = MIN};
static const format_neon Q6_K_NEON = {LARGE_NEON(q6_k), .kind = HALVES};
static const format_neon IQ4_NL_NEON = {SMALL_NEON(iq4_nl), .kind = BYTES};
static const format_neon IQ4_XS_NEON = {LARGE_NEON(iq4_xs), .kind = BYTES};
static const format_neon MXFP4_NEON = {SMALL_NEON(mxfp4), .kind = SIMPLE};

/* The formats described above: every one that all instruction sets have, and any of SCALAR_ONLY_FORMATS that NEON has
 * first (quant/formats.h). */
#define NEON_FORMATS(X) SIMD_FORMATS(X)

#endif
