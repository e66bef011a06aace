/* encode.c - float32 to the blocks of each format that can be written, the same bits as ggml's own encoder; the K
 * formats are in encode_k.c. */
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

static void encode_f32(const float *x, void *out)
{
    memcpy(out, x, sizeof *x);
}

static void encode_f16(const float *x, void *out)
{
    half_store(out, *x);
}

static void encode_bf16(const float *x, void *out)
{
    const uint32_t u = f32_bits(*x);
    const bool is_nan = (u & 0x7fffffff) > 0x7f800000;
    const uint16_t h = (uint16_t)(is_nan ? u >> 16 | 64 : (u + 0x7fff + (u >> 16 & 1)) >> 16);
    memcpy(out, &h, sizeof h);
}

static void encode_q8_0(const float *x, void *out)
{
    block_q8_0 *const b = out;
    const float d = fabsf(signed_max(x, 32)) / 127.0f, id = inverse(d);
    half_store(b->d, d);
    for (int i = 0; i < 32; i++)
        b->code[i] = (int8_t)roundf(x[i] * id);
}

/* The largest element maps to the lowest code, so d carries its sign. */
static int symmetric_code(float x, float id, int zero)
{
    const int q = (int)(x * id + (float)zero + 0.5f);
    return q < 2 * zero - 1 ? q : 2 * zero - 1;
}

static void encode_q4_0(const float *x, void *out)
{
    block_q4_0 *const b = out;
    const float d = signed_max(x, 32) / -8.0f, id = inverse(d);
    half_store(b->d, d);
    for (int j = 0; j < 16; j++)
        b->nibbles[j] = (uint8_t)(symmetric_code(x[j], id, 8) | symmetric_code(x[j + 16], id, 8) << 4);
}

static void encode_q5_0(const float *x, void *out)
{
    block_q5_0 *const b = out;
    const float d = signed_max(x, 32) / -16.0f, id = inverse(d);
    half_store(b->d, d);
    uint32_t fifth = 0;
    for (int j = 0; j < 16; j++) {
        const int low = symmetric_code(x[j], id, 16), up = symmetric_code(x[j + 16], id, 16);
        b->codes.nibbles[j] = (uint8_t)((low & 15) | (up & 15) << 4);
        fifth |= (uint32_t)(low >> 4) << j | (uint32_t)(up >> 4) << (j + 16);
    }
    memcpy(b->codes.fifth, &fifth, sizeof fifth);
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

static void encode_mxfp4(const float *x, void *out)
{
    block_mxfp4 *const b = out;
    const float max = fabsf(signed_max(x, 32));
    int e = max > 0 ? ilogbf(max) - 2 + 127 : 0;
    e = e < 0 ? 0 : e > 254 ? 254 : e;
    b->e = (uint8_t)e;
    // Times two of the code's value: x / (2^(e - 127) / 2); the exponent is split so that no step overflows.
    for (int j = 0; j < 16; j++) {
        const int low = nearest_e2m1(ldexpf(x[j], 128 - e)), high = nearest_e2m1(ldexpf(x[j + 16], 128 - e));
        b->nibbles[j] = (uint8_t)(low | high << 4);
    }
}

/* The elements of one block to the block. */
typedef void (*encode_fn)(const float *x, void *out);

/* The formats that can be written, in the order of messages. */
#define ENCODED_FORMATS(X)                                                                                             \
    X(F32, f32)                                                                                                        \
    X(F16, f16)                                                                                                        \
    X(BF16, bf16)                                                                                                      \
    X(Q8_0, q8_0)                                                                                                      \
    X(Q4_0, q4_0)                                                                                                      \
    X(Q5_0, q5_0)                                                                                                      \
    X(MXFP4, mxfp4)                                                                                                    \
    X(Q4_K, q4_k)                                                                                                      \
    X(Q5_K, q5_k)                                                                                                      \
    X(Q6_K, q6_k)

static const encode_fn ENCODERS[TYPE_N] = {
#define ENCODER(NAME, name) [TYPE_##NAME] = encode_##name,
    ENCODED_FORMATS(ENCODER)
#undef ENCODER
};

bool encode_supports(tensor_type t)
{
    return ENCODERS[t] != NULL;
}

const char *encode_types(void)
{
#define NAME_AFTER_COMMA(NAME, name) ", " #NAME
    static const char NAMES[] = ENCODED_FORMATS(NAME_AFTER_COMMA);
#undef NAME_AFTER_COMMA
    return &NAMES[2]; // without the first comma
}

void encode_row(tensor_type t, const float *src, size_t n, void *dst)
{
    const type_traits *const k = type_get((uint32_t)t);
    uint8_t *b = dst;
    for (size_t i = 0; i < n; i += k->block_elems, b += k->block_bytes)
        ENCODERS[t](src + i, b);
}
