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
    *y = sw_load_f16(b);
}

static void decode_bf16(const uint8_t *b, float *y)
{
    *y = sw_f32_from_bf16(sw_load_u16(b));
}

static void decode_q8_0(const uint8_t *b, float *y)
{
    const float d = sw_load_f16(b);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)(int8_t)b[2 + i];
}

static void decode_q4_0(const uint8_t *b, float *y)
{
    const float d = sw_load_f16(b);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)(sw_q4_0_code(b, i) - 8);
}

static void decode_q4_1(const uint8_t *b, float *y)
{
    const float d = sw_load_f16(b), m = sw_load_f16(b + 2);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)sw_q4_1_code(b, i) + m;
}

static void decode_q5_0(const uint8_t *b, float *y)
{
    const float d = sw_load_f16(b);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)(sw_q5_0_code(b, i) - 16);
}

static void decode_q5_1(const uint8_t *b, float *y)
{
    const float d = sw_load_f16(b), m = sw_load_f16(b + 2);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)sw_q5_1_code(b, i) + m;
}

static void decode_iq4_nl(const uint8_t *b, float *y)
{
    const float d = sw_load_f16(b);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)SW_IQ4_VALUES[sw_q4_0_code(b, i)];
}

static void decode_q2_k(const uint8_t *b, float *y)
{
    const float d = sw_load_f16(b + 80), dmin = sw_load_f16(b + 82);
    for (int i = 0; i < 256; i++) {
        const int s = b[i / 16];
        y[i] = d * (float)(s & 15) * (float)sw_q2_k_code(b, i) - dmin * (float)(s >> 4);
    }
}

static void decode_q3_k(const uint8_t *b, float *y)
{
    const float d = sw_load_f16(b + 108);
    for (int i = 0; i < 256; i++)
        y[i] = d * (float)(sw_q3_k_scale(b, i / 16) - 32) * (float)(sw_q3_k_code(b, i) - 4);
}

static void decode_q4_k(const uint8_t *b, float *y)
{
    const float d = sw_load_f16(b), dmin = sw_load_f16(b + 2);
    for (int i = 0; i < 256; i++) {
        const int j = i / 32;
        y[i] = d * (float)sw_k_scale(b + 4, j) * (float)sw_q4_k_code(b, i) - dmin * (float)sw_k_min(b + 4, j);
    }
}

static void decode_q5_k(const uint8_t *b, float *y)
{
    const float d = sw_load_f16(b), dmin = sw_load_f16(b + 2);
    for (int i = 0; i < 256; i++) {
        const int j = i / 32;
        y[i] = d * (float)sw_k_scale(b + 4, j) * (float)sw_q5_k_code(b, i) - dmin * (float)sw_k_min(b + 4, j);
    }
}

static void decode_q6_k(const uint8_t *b, float *y)
{
    const float d = sw_load_f16(b + 208);
    for (int i = 0; i < 256; i++)
        y[i] = d * (float)(int8_t)b[192 + i / 16] * (float)(sw_q6_k_code(b, i) - 32);
}

static void decode_iq4_xs(const uint8_t *b, float *y)
{
    const float d = sw_load_f16(b);
    for (int i = 0; i < 256; i++)
        y[i] = d * (float)sw_iq4_xs_scale(b, i / 32) * (float)SW_IQ4_VALUES[sw_iq4_xs_code(b, i)];
}

static void decode_mxfp4(const uint8_t *b, float *y)
{
    const float d = sw_e8m0_half(b[0]);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)SW_E2M1_DOUBLED[sw_mxfp4_code(b, i)];
}

static const decode_fn DECODERS[SW_N_TYPES] = {
    [SW_F32] = decode_f32,   [SW_F16] = decode_f16,       [SW_BF16] = decode_bf16,     [SW_Q8_0] = decode_q8_0,
    [SW_Q4_0] = decode_q4_0, [SW_Q4_1] = decode_q4_1,     [SW_Q5_0] = decode_q5_0,     [SW_Q5_1] = decode_q5_1,
    [SW_Q2_K] = decode_q2_k, [SW_Q3_K] = decode_q3_k,     [SW_Q4_K] = decode_q4_k,     [SW_Q5_K] = decode_q5_k,
    [SW_Q6_K] = decode_q6_k, [SW_IQ4_NL] = decode_iq4_nl, [SW_IQ4_XS] = decode_iq4_xs, [SW_MXFP4] = decode_mxfp4,
};

bool sw_type_is_supported(sw_type t)
{
    return DECODERS[t] != NULL;
}

const char *sw_supported_types(void)
{
    return "F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, MXFP4";
}

void sw_decode_row(sw_type t, const void *src, size_t n, float *dst)
{
    const sw_type_traits *const k = sw_type_get((uint32_t)t);
    const uint8_t *b = src;
    for (size_t i = 0; i < n; i += k->block_elems, b += k->block_bytes)
        DECODERS[t](b, dst + i);
}
