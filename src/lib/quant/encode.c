#include "quant/encode.h"

#include "quant/blocks.h"
#include "quant/encode_k.h"

/* The element of largest magnitude, with its sign; the first one on ties. */
static float signed_max(const float *x, int n)
{
    float max = 0, magnitude = 0;
    for (int i = 0; i < n; i++) {
        if (fabsf(x[i]) > magnitude) {
            magnitude = fabsf(x[i]);
            max = x[i];
        }
    }
    return max;
}

static float inverse(float d)
{
    return d != 0 ? 1.0f / d : 0.0f;
}

static void encode_f32(const float *x, uint8_t *b)
{
    memcpy(b, x, sizeof *x);
}

static void encode_f16(const float *x, uint8_t *b)
{
    half_store(b, *x);
}

static void encode_bf16(const float *x, uint8_t *b)
{
    const uint32_t u = f32_bits(*x);
    const bool is_nan = (u & 0x7fffffff) > 0x7f800000;
    const uint16_t h = (uint16_t)(is_nan ? u >> 16 | 64 : (u + 0x7fff + (u >> 16 & 1)) >> 16);
    memcpy(b, &h, sizeof h);
}

static void encode_q8_0(const float *x, uint8_t *b)
{
    const float d = fabsf(signed_max(x, 32)) / 127.0f, id = inverse(d);
    half_store(b, d);
    for (int i = 0; i < 32; i++)
        b[2 + i] = (uint8_t)(int8_t)roundf(x[i] * id);
}

/* The largest element maps to the lowest code, so d carries its sign. */
static int symmetric_code(float x, float id, int zero)
{
    const int q = (int)(x * id + (float)zero + 0.5f);
    return q < 2 * zero - 1 ? q : 2 * zero - 1;
}

static void encode_q4_0(const float *x, uint8_t *b)
{
    const float d = signed_max(x, 32) / -8.0f, id = inverse(d);
    half_store(b, d);
    for (int j = 0; j < 16; j++)
        b[2 + j] = (uint8_t)(symmetric_code(x[j], id, 8) | symmetric_code(x[j + 16], id, 8) << 4);
}

static void encode_q5_0(const float *x, uint8_t *b)
{
    const float d = signed_max(x, 32) / -16.0f, id = inverse(d);
    half_store(b, d);
    uint32_t high = 0;
    for (int j = 0; j < 16; j++) {
        const int low = symmetric_code(x[j], id, 16), up = symmetric_code(x[j + 16], id, 16);
        b[6 + j] = (uint8_t)((low & 15) | (up & 15) << 4);
        high |= (uint32_t)(low >> 4) << j | (uint32_t)(up >> 4) << (j + 16);
    }
    memcpy(b + 2, &high, sizeof high);
}

/* The table entry nearest to v; the lowest index on ties. */
static int nearest_e2m1(float v)
{
    int best = 0;
    for (int i = 1; i < 16; i++) {
        const float candidate = (float)E2M1_DOUBLED[i];
        if (fabsf(candidate - v) < fabsf((float)E2M1_DOUBLED[best] - v))
            best = i;
    }
    return best;
}

static void encode_mxfp4(const float *x, uint8_t *b)
{
    const float max = fabsf(signed_max(x, 32));
    int e = max > 0 ? ilogbf(max) - 2 + 127 : 0;
    e = e < 0 ? 0 : e > 254 ? 254 : e;
    b[0] = (uint8_t)e;
    // Times two of the code's value: x / (2^(e - 127) / 2); the exponent is split so that no step overflows.
    for (int j = 0; j < 16; j++) {
        const int low = nearest_e2m1(ldexpf(x[j], 128 - e)), high = nearest_e2m1(ldexpf(x[j + 16], 128 - e));
        b[1 + j] = (uint8_t)(low | high << 4);
    }
}

typedef void (*encode_fn)(const float *x, uint8_t *b); // one block

static const encode_fn ENCODERS[TYPE_N] = {
    [TYPE_F32] = encode_f32,   [TYPE_F16] = encode_f16,   [TYPE_BF16] = encode_bf16,   [TYPE_Q8_0] = encode_q8_0,
    [TYPE_Q4_0] = encode_q4_0, [TYPE_Q5_0] = encode_q5_0, [TYPE_MXFP4] = encode_mxfp4, [TYPE_Q4_K] = encode_q4_k,
    [TYPE_Q5_K] = encode_q5_k, [TYPE_Q6_K] = encode_q6_k,
};

bool encode_supports(tensor_type t)
{
    return ENCODERS[t] != NULL;
}

const char *encode_types(void)
{
    return "F32, F16, BF16, Q8_0, Q4_0, Q5_0, MXFP4, Q4_K, Q5_K, Q6_K";
}

void encode_row(tensor_type t, const float *src, size_t n, void *dst)
{
    const type_traits *const k = type_get((uint32_t)t);
    uint8_t *b = dst;
    for (size_t i = 0; i < n; i += k->block_elems, b += k->block_bytes)
        ENCODERS[t](src + i, b);
}
