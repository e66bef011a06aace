/* formats_neon.h - the quantized formats as the NEON products see them: the codes of 4 rows, scales. */
#ifndef KERNELS_ARM_FORMATS_NEON_H
#define KERNELS_ARM_FORMATS_NEON_H

#include <arm_neon.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernels/lanes/template.h"
#include "quant/blocks.h"

enum {
    CHUNK = 64,    // bytes of four consecutive k of 16 rows; 16 of them are a quarter of the rows
    QUARTER = 16,  // bytes
    N_CHUNKS = 8,  // in a group of 32 k
    N_QUARTERS = 4 // of a tile, 4 rows each
};

/* What the arithmetic of a format is like, apart from its codes: those that fill a byte and read fine codes too, that
 * fill a byte, others, with a minimum, with a scale per 16 k, with both. */
typedef enum kind { FINE, BYTES, SIMPLE, MIN, HALVES, HALVES_MIN } kind;

typedef struct steps {
    int n_short;     // chunks whose products fit 16 bits when added up
    bool has_halves; // every 16 k have their own scale
    bool has_min;
    bool is_fine; // reads fine codes too; the scale is then of 128ths
} steps;

/* 2 * (128 * 127), 8 * (31 * 127) and 4 * (32 * 127), the largest pairs of codes there are, are all below 2^15. */
static const steps STEPS[] = {[FINE] = {.n_short = 2, .is_fine = true},
                              [BYTES] = {.n_short = 2},
                              [SIMPLE] = {.n_short = 8},
                              [MIN] = {.n_short = 8, .has_min = true},
                              [HALVES] = {.n_short = 4, .has_halves = true},
                              [HALVES_MIN] = {.n_short = 4, .has_halves = true, .has_min = true}};

/* How a group of 32 k of one quarter (0..3) of a tile becomes signed codes and scales (layouts: quant/tile.h). */
typedef struct format {
    size_t block_bytes; // of 16 rows
    int n_groups;       // in a block
    enum kind kind;
    void (*codes)(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS]);
    // scale[0]; with halves [0] and [1]; the mins behind them
    void (*scales)(const uint8_t *block, int g, int quarter, float32x4_t scale[4]);
} format;

/* Of the 16 halves at p, those of one quarter of the tile. */
INLINE float32x4_t load_f16(const uint8_t *p, int quarter)
{
    return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p + 8 * quarter)));
}

/* Of the 16 bytes at p. */
INLINE uint32x4_t load_u8(const uint8_t *p, int quarter)
{
    uint32_t four;
    memcpy(&four, p + 4 * quarter, sizeof four);
    return vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four))));
}

INLINE float32x4_t times_u32(float32x4_t a, uint32x4_t n)
{
    return vmulq_f32(a, vcvtq_f32_u32(n));
}

INLINE float32x4_t times_s32(float32x4_t a, int32x4_t n)
{
    return vmulq_f32(a, vcvtq_f32_s32(n));
}

/* Chunk 2 j from the low nibbles, 2 j + 1 from the high ones. */
INLINE void nibbles(const uint8_t *p, int quarter, uint8x16_t code[N_CHUNKS])
{
    UNROLL
    for (int j = 0; j < N_CHUNKS / 2; j++) {
        const uint8x16_t q = vld1q_u8(p + CHUNK * j + QUARTER * quarter);
        code[2 * j] = vandq_u8(q, vdupq_n_u8(15));
        code[2 * j + 1] = vshrq_n_u8(q, 4);
    }
}

/* Adds bit i of the 16 of this quarter as `value` to byte i. */
INLINE void add_bits(uint8_t value, const uint8_t *p, int quarter, uint8x16_t code[N_CHUNKS])
{
    const uint8x16_t byte_of = vcombine_u8(vdup_n_u8(0), vdup_n_u8(1));
    const uint8x16_t bit_of = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201));
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++) {
        uint16_t bits;
        memcpy(&bits, p + 8 * c + 2 * quarter, sizeof bits);
        const uint8x16_t spread = vqtbl1q_u8(vreinterpretq_u8_u16(vdupq_n_u16(bits)), byte_of);
        code[c] = vorrq_u8(code[c], vandq_u8(vtstq_u8(spread, bit_of), vdupq_n_u8(value)));
    }
}

/* Pair s of the four in every byte of half h is chunk 4 h + s's. */
INLINE void pairs(const uint8_t *p, int quarter, uint8x16_t code[N_CHUNKS])
{
    const uint8x16_t low = vdupq_n_u8(3);
    UNROLL
    for (int h = 0; h < 2; h++) {
        const uint8x16_t four = vld1q_u8(p + CHUNK * h + QUARTER * quarter);
        code[4 * h] = vandq_u8(four, low);
        code[4 * h + 1] = vandq_u8(vshrq_n_u8(four, 2), low);
        code[4 * h + 2] = vandq_u8(vshrq_n_u8(four, 4), low);
        code[4 * h + 3] = vshrq_n_u8(four, 6);
    }
}

/* Codes as they are (offset 0), or signed by what was added to them. */
INLINE void to_signed(uint8_t offset, const uint8x16_t from[N_CHUNKS], int8x16_t code[N_CHUNKS])
{
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++)
        code[c] = vreinterpretq_s8_u8(vsubq_u8(from[c], vdupq_n_u8(offset)));
}

INLINE void nibble_codes(uint8_t offset, const uint8_t *p, int quarter, int8x16_t code[N_CHUNKS])
{
    uint8x16_t u[N_CHUNKS];
    nibbles(p, quarter, u);
    to_signed(offset, u, code);
}

/* 8 x 64 fifth bits, then nibbles. */
INLINE void five_bit_codes(uint8_t offset, const uint8_t *p, int quarter, int8x16_t code[N_CHUNKS])
{
    uint8x16_t u[N_CHUNKS];
    nibbles(p + 64, quarter, u);
    add_bits(16, p, quarter, u);
    to_signed(offset, u, code);
}

INLINE void table_codes(int8x16_t table, const uint8_t *p, int quarter, int8x16_t code[N_CHUNKS])
{
    uint8x16_t u[N_CHUNKS];
    nibbles(p, quarter, u);
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++)
        code[c] = vqtbl1q_s8(table, u[c]);
}

INLINE void f16_scales(const uint8_t *block, int g, int quarter, float32x4_t scale[4])
{
    (void)g;
    scale[0] = load_f16(block, quarter);
}

INLINE void q8_0_scales(const uint8_t *block, int g, int quarter, float32x4_t scale[4])
{
    (void)g;
    scale[0] = vmulq_n_f32(load_f16(block, quarter), 1.0f / 128);
}

INLINE void q8_0_codes(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS])
{
    (void)g;
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++)
        code[c] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(block + 32 + CHUNK * c + QUARTER * quarter), vdupq_n_u8(0x80)));
}

INLINE void q4_0_codes(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS])
{
    (void)g;
    nibble_codes(8, block + 32, quarter, code);
}

INLINE void q4_1_codes(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS])
{
    (void)g;
    nibble_codes(0, block + 64, quarter, code);
}

/* d, and m, which these formats add: the min is -m. */
INLINE void d_and_m(const uint8_t *block, int g, int quarter, float32x4_t scale[4])
{
    (void)g;
    scale[0] = load_f16(block, quarter);
    scale[1] = vnegq_f32(load_f16(block + 32, quarter));
}

INLINE void iq4_nl_codes(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS])
{
    (void)g;
    table_codes(vld1q_s8(IQ4_VALUES), block + 32, quarter, code);
}

INLINE void iq4_xs_codes(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS])
{
    table_codes(vld1q_s8(IQ4_VALUES), block + 128 + 256 * g, quarter, code);
}

/* Bits `by` and up. */
INLINE uint32x4_t shift_right(uint32x4_t a, int by)
{
    return vshlq_u32(a, vdupq_n_s32(-by));
}

INLINE void iq4_xs_scales(const uint8_t *block, int g, int quarter, float32x4_t scale[4])
{
    const uint32x4_t both = load_u8(block + 64 + 16 * (g / 2), quarter);
    const uint32x4_t low = vandq_u32(shift_right(both, 4 * (g % 2)), vdupq_n_u32(15));
    const uint32x4_t all = vmovl_u16(vreinterpret_u16_u8(vld1_u8(block + 32 + 8 * quarter)));
    const uint32x4_t top = vandq_u32(shift_right(all, 2 * g), vdupq_n_u32(3));
    const int32x4_t s = vreinterpretq_s32_u32(vorrq_u32(low, vshlq_n_u32(top, 4)));
    scale[0] = times_s32(load_f16(block, quarter), vsubq_s32(s, vdupq_n_s32(32)));
}

INLINE void mxfp4_codes(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS])
{
    (void)g;
    table_codes(vld1q_s8(E2M1_DOUBLED), block + 16, quarter, code);
}

/* As block_e8m0_half. */
INLINE void mxfp4_scales(const uint8_t *block, int g, int quarter, float32x4_t scale[4])
{
    (void)g;
    const uint32x4_t e = load_u8(block, quarter);
    const uint32x4_t normal = vshlq_n_u32(vsubq_u32(e, vdupq_n_u32(1)), 23);
    const uint32x4_t subnormal = vshlq_u32(vdupq_n_u32(0x00200000), vreinterpretq_s32_u32(e));
    const uint32x4_t finite = vbslq_u32(vcltq_u32(e, vdupq_n_u32(2)), subnormal, normal);
    const uint32x4_t is_nan = vceqq_u32(e, vdupq_n_u32(255));
    scale[0] = vreinterpretq_f32_u32(vbslq_u32(is_nan, vdupq_n_u32(0x7fc00000), finite));
}

INLINE void q5_0_codes(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS])
{
    (void)g;
    five_bit_codes(16, block + 32, quarter, code);
}

INLINE void q5_1_codes(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS])
{
    (void)g;
    five_bit_codes(0, block + 64, quarter, code);
}

INLINE void q4_k_codes(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS])
{
    nibble_codes(0, block + 256 + 256 * g, quarter, code);
}

INLINE void q5_k_codes(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS])
{
    five_bit_codes(0, block + 256 + 320 * g, quarter, code);
}

/* The two numbers of 6 bits of group g. */
INLINE void six_bits(const uint8_t *p, int g, int quarter, uint32x4_t pair[2])
{
    const uint32x4_t low = load_u8(p + 16 * g, quarter);
    const uint32x4_t top = shift_right(load_u8(p + 128 + 16 * (g / 2), quarter), 4 * (g % 2));
    const uint32x4_t low_bits = vdupq_n_u32(15), top_bits = vdupq_n_u32(3 << 4);
    pair[0] = vorrq_u32(vandq_u32(low, low_bits), vandq_u32(vshlq_n_u32(top, 4), top_bits));
    pair[1] = vorrq_u32(vshrq_n_u32(low, 4), vandq_u32(vshlq_n_u32(top, 2), top_bits));
}

/* Of Q4_K and Q5_K. */
INLINE void k_scales(const uint8_t *block, int g, int quarter, float32x4_t scale[4])
{
    uint32x4_t pair[2];
    six_bits(block + 64, g, quarter, pair);
    scale[0] = times_u32(load_f16(block, quarter), pair[0]);
    scale[1] = times_u32(load_f16(block + 32, quarter), pair[1]);
}

INLINE void q2_k_codes(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS])
{
    uint8x16_t u[N_CHUNKS];
    pairs(block + 320 + 128 * g, quarter, u);
    to_signed(0, u, code);
}

INLINE void q2_k_scales(const uint8_t *block, int g, int quarter, float32x4_t scale[4])
{
    UNROLL
    for (int h = 0; h < 2; h++) {
        const uint32x4_t both = load_u8(block + 64 + 32 * g + 16 * h, quarter);
        scale[h] = times_u32(load_f16(block, quarter), vandq_u32(both, vdupq_n_u32(15)));
        scale[2 + h] = times_u32(load_f16(block + 32, quarter), vshrq_n_u32(both, 4));
    }
}

INLINE void q3_k_codes(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS])
{
    const uint8_t *const group = block + 224 + 192 * g;
    uint8x16_t u[N_CHUNKS];
    pairs(group + 64, quarter, u);
    add_bits(4, group, quarter, u);
    to_signed(4, u, code);
}

INLINE void q3_k_scales(const uint8_t *block, int g, int quarter, float32x4_t scale[4])
{
    uint32x4_t pair[2];
    six_bits(block + 32, g, quarter, pair);
    UNROLL
    for (int h = 0; h < 2; h++)
        scale[h] = times_s32(load_f16(block, quarter), vsubq_s32(vreinterpretq_s32_u32(pair[h]), vdupq_n_s32(32)));
}

INLINE void q6_k_codes(const uint8_t *block, int g, int quarter, int8x16_t code[N_CHUNKS])
{
    const uint8_t *const group = block + 288 + 384 * g;
    uint8x16_t u[N_CHUNKS], top[N_CHUNKS];
    nibbles(group, quarter, u);
    pairs(group + 256, quarter, top);
    UNROLL
    for (int c = 0; c < N_CHUNKS; c++)
        u[c] = vorrq_u8(u[c], vshlq_n_u8(top[c], 4));
    to_signed(32, u, code);
}

INLINE void q6_k_scales(const uint8_t *block, int g, int quarter, float32x4_t scale[4])
{
    UNROLL
    for (int h = 0; h < 2; h++) {
        // A signed byte: its sign bit counts -128.
        const uint32x4_t u = load_u8(block + 32 + 32 * g + 16 * h, quarter);
        const int32x4_t s = vreinterpretq_s32_u32(veorq_u32(u, vdupq_n_u32(128)));
        scale[h] = times_s32(load_f16(block, quarter), vsubq_s32(s, vdupq_n_s32(128)));
    }
}

static const format Q8_0 = {544, 1, FINE, q8_0_codes, q8_0_scales};
static const format Q4_0 = {288, 1, SIMPLE, q4_0_codes, f16_scales};
static const format Q4_1 = {320, 1, MIN, q4_1_codes, d_and_m};
static const format Q5_0 = {352, 1, SIMPLE, q5_0_codes, f16_scales};
static const format Q5_1 = {384, 1, MIN, q5_1_codes, d_and_m};
static const format Q2_K = {1344, 8, HALVES_MIN, q2_k_codes, q2_k_scales};
static const format Q3_K = {1760, 8, HALVES, q3_k_codes, q3_k_scales};
static const format Q4_K = {2304, 8, MIN, q4_k_codes, k_scales};
static const format Q5_K = {2816, 8, MIN, q5_k_codes, k_scales};
static const format Q6_K = {3360, 8, HALVES, q6_k_codes, q6_k_scales};
static const format IQ4_NL = {288, 1, BYTES, iq4_nl_codes, f16_scales};
static const format IQ4_XS = {2176, 8, BYTES, iq4_xs_codes, iq4_xs_scales};
static const format MXFP4 = {272, 1, SIMPLE, mxfp4_codes, mxfp4_scales};

#endif
