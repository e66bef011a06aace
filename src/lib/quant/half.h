/* half.h - 16-bit floats and the bits of float32: exact, with subnormals, infinities and NaN; rounding is to nearest,
 * halves to even. */
#ifndef QUANT_HALF_H
#define QUANT_HALF_H

#include <stdint.h>
#include <string.h>

static inline float f32_from_bits(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static inline uint32_t f32_bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static inline float f32_from_f16(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    const uint32_t magnitude = h & 0x7fff;
    if (magnitude >= 0x7c00) // infinity or NaN
        return f32_from_bits(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
    if (magnitude >= 0x0400) // normal
        return f32_from_bits(sign | ((magnitude << 13) + (112u << 23)));
    const float f = (float)magnitude * 0x1p-24f; // zero or subnormal: exact
    return sign != 0 ? -f : f;
}

/* NaN stays NaN, with the upper bits of its payload. */
static inline uint16_t f16_from_f32(float f)
{
    const uint32_t u = f32_bits(f);
    const uint16_t sign = (uint16_t)(u >> 16 & 0x8000);
    const uint32_t a = u & 0x7fffffff;
    if (a > 0x7f800000)
        return (uint16_t)(sign | 0x7e00 | (a >> 13 & 0x3ff));
    if (a >= 0x47800000) // 65536 and above
        return (uint16_t)(sign | 0x7c00);
    if (a < 0x38800000) { // below 2^-14: the result is subnormal, adding 0.5 rounds at its last place
        const float shifted = f32_from_bits(a) + 0.5f;
        return (uint16_t)(sign | (f32_bits(shifted) - 0x3f000000));
    }
    const uint32_t rounded = a + 0xfff + (a >> 13 & 1);
    return (uint16_t)(sign | ((rounded - (112u << 23)) >> 13));
}

static inline float f32_from_bf16(uint16_t h)
{
    return f32_from_bits((uint32_t)h << 16);
}

/* Little-endian numbers at any address. */
static inline uint16_t load_le16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t load_le32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* An F16 at any address. */
static inline float half_load(const uint8_t *p)
{
    return f32_from_f16(load_le16(p));
}

static inline void half_store(uint8_t *p, float v)
{
    const uint16_t h = f16_from_f32(v);
    memcpy(p, &h, sizeof h);
}

#endif
