/* random_blocks.c - per format: which bytes are random, and the scale that gives the wanted deviation. */
#include "convert/random_blocks.h"

#include <math.h>
#include <string.h>

#include "quant/block_layout.h"
#include "quant/half.h"

/* Standard deviations of codes that are uniformly random. */
#define Q8_0_DEVIATION  73.9f // -128..127
#define Q5_0_DEVIATION  9.23f // -16..15
#define Q4_K_DEVIATION  4.61f // 0..15
#define Q6_K_DEVIATION  18.5f // -32..31
#define MXFP4_DEVIATION 2.93f // the sixteen E2M1 values
#define K_SCALE_MEAN    48.0f // scales of Q4_K are 32..63
#define Q6_SCALE_MEAN   96.0f // and of Q6_K 64..127 in magnitude

static void random_bytes(rng_state *rng, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        const uint64_t x = rng_next(rng);
        memcpy(out + i, &x, n - i < 8 ? n - i : 8);
    }
}

/* Codes reach one further down than up, so their mean is not zero; a scale of random sign cancels it. */
static float either_sign(uint8_t bits, float v)
{
    return (bits & 1) != 0 ? -v : v;
}

static void make_f32(rng_state *rng, float deviation, uint8_t *b)
{
    // The sum of four uniform numbers is close to a normal distribution; its variance is 1/3.
    float sum = -2;
    for (int i = 0; i < 4; i++)
        sum += rng_float(rng);
    sum *= deviation * 1.7320508f;
    memcpy(b, &sum, sizeof sum);
}

static void make_q8_0(rng_state *rng, float deviation, uint8_t *b)
{
    block_q8_0 *const block = (block_q8_0 *)(void *)b;
    random_bytes(rng, (uint8_t *)block->code, sizeof block->code);
    half_store(block->d, either_sign((uint8_t)block->code[0], deviation / Q8_0_DEVIATION));
}

static void make_q5_0(rng_state *rng, float deviation, uint8_t *b)
{
    block_q5_0 *const block = (block_q5_0 *)(void *)b;
    random_bytes(rng, (uint8_t *)&block->codes, sizeof block->codes);
    half_store(block->d, either_sign(block->codes.nibbles[0], deviation / Q5_0_DEVIATION));
}

/* Scale and min of a group are the same number and dmin is 7.5 d, so the mean of uniform codes (0..15) is zero. */
static void make_q4_k(rng_state *rng, float deviation, uint8_t *b)
{
    block_q4_k *const block = (block_q4_k *)(void *)b;
    block_k_scales *const s = &block->scales;
    random_bytes(rng, b, sizeof *block);
    const float d = deviation / (Q4_K_DEVIATION * K_SCALE_MEAN);
    half_store(block->d, d);
    half_store(block->dmin, 7.5f * d);
    // Bit 5 is set in every scale: of group g (6 bits in one byte), and of group g + 4 (4 bits, and 2 in two bytes).
    for (int g = 0; g < 4; g++) {
        const uint8_t first = (uint8_t)(32 | (s->scale[g] & 31)), second = (uint8_t)(32 | (s->low[g] & 31));
        s->scale[g] = s->min[g] = (uint8_t)(first | (second >> 4) << 6);
        s->low[g] = (uint8_t)((second & 15) | (second & 15) << 4);
    }
}

static void make_q6_k(rng_state *rng, float deviation, uint8_t *b)
{
    block_q6_k *const block = (block_q6_k *)(void *)b;
    random_bytes(rng, b, sizeof *block);
    for (size_t j = 0; j < sizeof block->scale; j++) {
        const int scale = 64 | (block->scale[j] & 63);
        block->scale[j] = (int8_t)((block->scale[j] & 64) != 0 ? -scale : scale);
    }
    half_store(block->d, deviation / (Q6_K_DEVIATION * Q6_SCALE_MEAN));
}

static void make_mxfp4(rng_state *rng, float deviation, uint8_t *b)
{
    block_mxfp4 *const block = (block_mxfp4 *)(void *)b;
    random_bytes(rng, block->nibbles, sizeof block->nibbles);
    block->e = (uint8_t)(127 + (int)lrintf(log2f(deviation / MXFP4_DEVIATION)));
}

void random_blocks_fill(tensor_type t, rng_state *rng, float deviation, size_t n_blocks, uint8_t *out)
{
    typedef void (*make_fn)(rng_state * rng, float deviation, uint8_t *b);
    static const make_fn MAKERS[TYPE_N] = {[TYPE_F32] = make_f32,   [TYPE_Q8_0] = make_q8_0, [TYPE_Q5_0] = make_q5_0,
                                           [TYPE_Q4_K] = make_q4_k, [TYPE_Q6_K] = make_q6_k, [TYPE_MXFP4] = make_mxfp4};
    const size_t step = type_get((uint32_t)t)->block_bytes;
    for (size_t i = 0; i < n_blocks; i++)
        MAKERS[t](rng, deviation, out + i * step);
}
