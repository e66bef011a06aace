/* decode.c - one decoder per format: the formula of an element over the codes and scales that blocks.h reads.
 *
 * Products of scales and codes are exact in float32; a format with a minimum rounds once, in its last subtraction.
 */
#include "quant/decode.h"

#include "quant/blocks.h"
#include "quant/formats.h"
#include "quant/half.h"

static void decode_f32(const void *block, float *y)
{
    memcpy(y, block, sizeof *y);
}

static void decode_f16(const void *block, float *y)
{
    *y = half_load(block);
}

static void decode_bf16(const void *block, float *y)
{
    *y = f32_from_bf16(load_le16(block));
}

static void decode_q8_0(const void *block, float *y)
{
    const block_q8_0 *const b = block;
    const float d = half_load(b->d);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)block_q8_0_code(b, i);
}

static void decode_q4_0(const void *block, float *y)
{
    const block_q4_0 *const b = block;
    const float d = half_load(b->d);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)(block_q4_0_code(b, i) - 8);
}

static void decode_q5_0(const void *block, float *y)
{
    const block_q5_0 *const b = block;
    const float d = half_load(b->d);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)(block_q5_0_code(b, i) - 16);
}

static void decode_q4_1(const void *block, float *y)
{
    const block_q4_1 *const b = block;
    const float d = half_load(b->d), m = half_load(b->m);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)block_q4_1_code(b, i) + m;
}

static void decode_q5_1(const void *block, float *y)
{
    const block_q5_1 *const b = block;
    const float d = half_load(b->d), m = half_load(b->m);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)block_q5_1_code(b, i) + m;
}

static void decode_iq4_nl(const void *block, float *y)
{
    const block_iq4_nl *const b = block;
    const float d = half_load(b->d);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)IQ4_VALUES[block_q4_0_code(b, i)];
}

static void decode_mxfp4(const void *block, float *y)
{
    const block_mxfp4 *const b = block;
    const float d = block_e8m0_half(b->e);
    for (int i = 0; i < 32; i++)
        y[i] = d * (float)E2M1_DOUBLED[block_mxfp4_code(b, i)];
}

static void decode_q2_k(const void *block, float *y)
{
    const block_q2_k *const b = block;
    const float d = half_load(b->d), dmin = half_load(b->dmin);
    for (int i = 0; i < 256; i++) {
        const int both = b->scale_min[i / 16];
        y[i] = d * (float)(both & 15) * (float)block_q2_k_code(b, i) - dmin * (float)(both >> 4);
    }
}

static void decode_q3_k(const void *block, float *y)
{
    const block_q3_k *const b = block;
    const float d = half_load(b->d);
    for (int i = 0; i < 256; i++)
        y[i] = d * (float)(block_q3_k_scale(b, i / 16) - 32) * (float)(block_q3_k_code(b, i) - 4);
}

static void decode_q4_k(const void *block, float *y)
{
    const block_q4_k *const b = block;
    const float d = half_load(b->d), dmin = half_load(b->dmin);
    for (int i = 0; i < 256; i++) {
        const float scale = (float)block_k_scale(&b->scales, i / 32), min = (float)block_k_min(&b->scales, i / 32);
        y[i] = d * scale * (float)block_q4_k_code(b, i) - dmin * min;
    }
}

static void decode_q5_k(const void *block, float *y)
{
    const block_q5_k *const b = block;
    const float d = half_load(b->d), dmin = half_load(b->dmin);
    for (int i = 0; i < 256; i++) {
        const float scale = (float)block_k_scale(&b->scales, i / 32), min = (float)block_k_min(&b->scales, i / 32);
        y[i] = d * scale * (float)block_q5_k_code(b, i) - dmin * min;
    }
}

static void decode_q6_k(const void *block, float *y)
{
    const block_q6_k *const b = block;
    const float d = half_load(b->d);
    for (int i = 0; i < 256; i++)
        y[i] = d * (float)b->scale[i / 16] * (float)(block_q6_k_code(b, i) - 32);
}

static void decode_iq4_xs(const void *block, float *y)
{
    const block_iq4_xs *const b = block;
    const float d = half_load(b->d);
    for (int i = 0; i < 256; i++)
        y[i] = d * (float)block_iq4_xs_scale(b, i / 32) * (float)IQ4_VALUES[block_iq4_xs_code(b, i)];
}

/* One block of a format to its elements. */
typedef void (*decode_fn)(const void *block, float *y);

static const decode_fn DECODERS[TYPE_N] = {
#define DECODER(NAME, name) [TYPE_##NAME] = decode_##name,
    ALL_FORMATS(DECODER)
#undef DECODER
};

bool decode_supports(tensor_type t)
{
    return DECODERS[t] != NULL;
}

const char *decode_types(void)
{
#define NAME_AFTER_COMMA(NAME, name) ", " #NAME
    static const char NAMES[] = ALL_FORMATS(NAME_AFTER_COMMA);
#undef NAME_AFTER_COMMA
    return &NAMES[2]; // without the first comma
}

void decode_row(tensor_type t, const void *src, size_t n, float *dst)
{
    const type_traits *const k = type_get((uint32_t)t);
    const uint8_t *b = src;
    for (size_t i = 0; i < n; i += k->block_elems, b += k->block_bytes)
        DECODERS[t](b, dst + i);
}
