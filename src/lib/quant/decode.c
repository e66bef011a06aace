#include "quant/decode.h"

#include "quant/blocks.h"
#include "quant/half.h"

typedef void (*decode_fn)(const uint8_t *b, float *y); // one block

static void decode_f32(const uint8_t *b, float *y)
{
    memcpy(y, b, sizeof *y);
}

static void decode_f16(const uint8_t *b, float *y)
{
    *y = half_load(b);
}

static void decode_bf16(const uint8_t *b, float *y)
{
    *y = f32_from_bf16(load_le16(b));
}

static void decode_q8_0(const uint8_t *b, float *y)
{
    const float d = half_load(b);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)(int8_t)b[2 + i];
}

static void decode_q4_0(const uint8_t *b, float *y)
{
    const float d = half_load(b);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)(block_q4_0_code(b, i) - 8);
}

static void decode_q4_1(const uint8_t *b, float *y)
{
    const float d = half_load(b), m = half_load(b + 2);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)block_q4_1_code(b, i) + m;
}

static void decode_q5_0(const uint8_t *b, float *y)
{
    const float d = half_load(b);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)(block_q5_0_code(b, i) - 16);
}

static void decode_q5_1(const uint8_t *b, float *y)
{
    const float d = half_load(b), m = half_load(b + 2);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)block_q5_1_code(b, i) + m;
}

static void decode_iq4_nl(const uint8_t *b, float *y)
{
    const float d = half_load(b);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)IQ4_VALUES[block_q4_0_code(b, i)];
}

static void decode_q2_k(const uint8_t *b, float *y)
{
    const float d = half_load(b + 80), dmin = half_load(b + 82);
    for (int i = 0; i < 256; i++) {
        const int s = b[i / 16];
        y[i] = d * (float)(s & 15) * (float)block_q2_k_code(b, i) - dmin * (float)(s >> 4);
    }
}

static void decode_q3_k(const uint8_t *b, float *y)
{
    const float d = half_load(b + 108);
    for (int i = 0; i < 256; i++)
        y[i] = d * (float)(block_q3_k_scale(b, i / 16) - 32) * (float)(block_q3_k_code(b, i) - 4);
}

static void decode_q4_k(const uint8_t *b, float *y)
{
    const float d = half_load(b), dmin = half_load(b + 2);
    for (int i = 0; i < 256; i++) {
        const int j = i / 32;
        y[i] = d * (float)block_k_scale(b + 4, j) * (float)block_q4_k_code(b, i) - dmin * (float)block_k_min(b + 4, j);
    }
}

static void decode_q5_k(const uint8_t *b, float *y)
{
    const float d = half_load(b), dmin = half_load(b + 2);
    for (int i = 0; i < 256; i++) {
        const int j = i / 32;
        y[i] = d * (float)block_k_scale(b + 4, j) * (float)block_q5_k_code(b, i) - dmin * (float)block_k_min(b + 4, j);
    }
}

static void decode_q6_k(const uint8_t *b, float *y)
{
    const float d = half_load(b + 208);
    for (int i = 0; i < 256; i++)
        y[i] = d * (float)(int8_t)b[192 + i / 16] * (float)(block_q6_k_code(b, i) - 32);
}

static void decode_iq4_xs(const uint8_t *b, float *y)
{
    const float d = half_load(b);
    for (int i = 0; i < 256; i++)
        y[i] = d * (float)block_iq4_xs_scale(b, i / 32) * (float)IQ4_VALUES[block_iq4_xs_code(b, i)];
}

static void decode_mxfp4(const uint8_t *b, float *y)
{
    const float d = block_e8m0_half(b[0]);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)E2M1_DOUBLED[block_mxfp4_code(b, i)];
}

static const decode_fn DECODERS[TYPE_N] = {
    [TYPE_F32] = decode_f32,     [TYPE_F16] = decode_f16,       [TYPE_BF16] = decode_bf16,
    [TYPE_Q8_0] = decode_q8_0,   [TYPE_Q4_0] = decode_q4_0,     [TYPE_Q4_1] = decode_q4_1,
    [TYPE_Q5_0] = decode_q5_0,   [TYPE_Q5_1] = decode_q5_1,     [TYPE_Q2_K] = decode_q2_k,
    [TYPE_Q3_K] = decode_q3_k,   [TYPE_Q4_K] = decode_q4_k,     [TYPE_Q5_K] = decode_q5_k,
    [TYPE_Q6_K] = decode_q6_k,   [TYPE_IQ4_NL] = decode_iq4_nl, [TYPE_IQ4_XS] = decode_iq4_xs,
    [TYPE_MXFP4] = decode_mxfp4,
};

bool decode_supports(tensor_type t)
{
    return DECODERS[t] != NULL;
}

const char *decode_types(void)
{
    return "F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, MXFP4";
}

void decode_row(tensor_type t, const void *src, size_t n, float *dst)
{
    const type_traits *const k = type_get((uint32_t)t);
    const uint8_t *b = src;
    for (size_t i = 0; i < n; i += k->block_elems, b += k->block_bytes)
        DECODERS[t](b, dst + i);
}
