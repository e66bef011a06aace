/* encode_k.c - the K formats: per group the scale and min that fit best, by weighted least squares over candidate
 * roundings.  All sums run over the elements in order, in float32: the blocks depend on it. */
#include "quant/encode_k.h"

#include <stdbool.h>

#include "quant/blocks.h"

enum { BLOCK = 256, GROUP = 32, N_GROUPS = BLOCK / GROUP, SUB = 16, N_SUBS = BLOCK / SUB };

static int nearest(float v)
{
    return (int)rintf(v);
}

static int clamp(int v, int lo, int hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

/* ---- scale and min (Q4_K, Q5_K) ---------------------------------------------------------------------------------- */

/* How candidates are searched: is = (r_min + r_delta * step + q_max) / range, step 0 .. n_steps. */
typedef struct search {
    int q_max;
    float r_min, r_delta;
    int n_steps;
} search;

typedef struct fit {
    float scale, min; // x is about scale * q - min
} fit;

static float weighted_error(const float *x, const float *w, const uint8_t *q, float scale, float min)
{
    float error = 0;
    for (int i = 0; i < GROUP; i++) {
        const float e = scale * (float)q[i] + min - x[i];
        error += w[i] * (e * e);
    }
    return error;
}

static void round_codes(const float *x, float is, float min, int q_max, uint8_t *q)
{
    for (int i = 0; i < GROUP; i++)
        q[i] = (uint8_t)clamp(nearest(is * (x[i] - min)), 0, q_max);
}

/* Best scale and min for given codes; false when the codes do not determine both. */
static bool solve(const float *x, const float *w, const uint8_t *q, float *scale, float *min)
{
    float sum_w = 0, sum_x = 0, sum_q = 0, sum_qq = 0, sum_xq = 0;
    for (int i = 0; i < GROUP; i++) {
        const float v = (float)q[i];
        sum_w += w[i];
        sum_x += w[i] * x[i];
        sum_q += w[i] * v;
        sum_qq += w[i] * v * v;
        sum_xq += w[i] * v * x[i];
    }
    const float determinant = sum_w * sum_qq - sum_q * sum_q;
    if (!(determinant > 0))
        return false;
    *scale = (sum_w * sum_xq - sum_x * sum_q) / determinant;
    *min = (sum_qq * sum_x - sum_q * sum_xq) / determinant;
    if (*min > 0) {
        *min = 0;
        *scale = sum_xq / sum_qq;
    }
    return true;
}

static fit fit_group(const float *x, const float *w, const search *s)
{
    float min = x[0], max = x[0];
    for (int i = 1; i < GROUP; i++) {
        min = x[i] < min ? x[i] : min;
        max = x[i] > max ? x[i] : max;
    }
    min = min < 0 ? min : 0;
    if (max == min)
        return (fit){0, -min};
    uint8_t q[GROUP];
    float is = (float)s->q_max / (max - min), scale = 1 / is;
    round_codes(x, is, min, s->q_max, q);
    float best = weighted_error(x, w, q, scale, min);
    for (int step = 0; step <= s->n_steps; step++) {
        is = (s->r_min + s->r_delta * (float)step + (float)s->q_max) / (max - min);
        round_codes(x, is, min, s->q_max, q);
        float a, b;
        if (!solve(x, w, q, &a, &b))
            continue;
        const float error = weighted_error(x, w, q, a, b);
        if (error < best) {
            best = error;
            scale = a;
            min = b;
        }
    }
    return (fit){scale, -min};
}

/* Weights of the elements: root mean square of the group plus magnitude. */
static void importance(const float *x, float *w)
{
    float sum = 0;
    for (int i = 0; i < GROUP; i++)
        sum += x[i] * x[i];
    const float rms = sqrtf(sum / GROUP);
    for (int i = 0; i < GROUP; i++)
        w[i] = rms + fabsf(x[i]);
}

static void pack_scales(const uint8_t scale[N_GROUPS], const uint8_t min[N_GROUPS], block_k_scales *s)
{
    for (int j = 0; j < 4; j++) {
        s->scale[j] = (uint8_t)(scale[j] | scale[j + 4] >> 4 << 6);
        s->min[j] = (uint8_t)(min[j] | min[j + 4] >> 4 << 6);
        s->low[j] = (uint8_t)((scale[j + 4] & 15) | (min[j + 4] & 15) << 4);
    }
}

/* What Q4_K and Q5_K have in common. */
typedef struct affine {
    uint8_t d[2], dmin[2]; // f16
    block_k_scales scales;
    uint8_t code[BLOCK];
} affine;

static void encode_affine(const float *x, const search *s, affine *out)
{
    fit fits[N_GROUPS];
    float max_scale = 0, max_min = 0, w[GROUP];
    for (int j = 0; j < N_GROUPS; j++) {
        importance(x + j * GROUP, w);
        fits[j] = fit_group(x + j * GROUP, w, s);
        max_scale = fits[j].scale > max_scale ? fits[j].scale : max_scale;
        max_min = fits[j].min > max_min ? fits[j].min : max_min;
    }
    const float per_scale = max_scale > 0 ? 63.0f / max_scale : 0, per_min = max_min > 0 ? 63.0f / max_min : 0;
    uint8_t scale[N_GROUPS], min[N_GROUPS];
    for (int j = 0; j < N_GROUPS; j++) {
        scale[j] = (uint8_t)clamp(nearest(per_scale * fits[j].scale), 0, 63);
        min[j] = (uint8_t)clamp(nearest(per_min * fits[j].min), 0, 63);
    }
    half_store(out->d, max_scale / 63.0f);
    half_store(out->dmin, max_min / 63.0f);
    pack_scales(scale, min, &out->scales);
    for (int i = 0; i < BLOCK; i++) { // again, with the scales as the file has them
        const float d = half_load(out->d) * (float)scale[i / GROUP];
        const float m = half_load(out->dmin) * (float)min[i / GROUP];
        out->code[i] = d != 0 ? (uint8_t)clamp(nearest((x[i] + m) / d), 0, s->q_max) : 0;
    }
}

/* Low nibbles of groups 2g and 2g + 1 share 32 bytes. */
static void pack_low(const uint8_t code[BLOCK], uint8_t *out)
{
    for (int g = 0; g < N_GROUPS / 2; g++) {
        for (int l = 0; l < GROUP; l++)
            out[g * GROUP + l] = (uint8_t)((code[2 * g * GROUP + l] & 15) | (code[(2 * g + 1) * GROUP + l] & 15) << 4);
    }
}

void encode_q4_k(const float *x, void *out)
{
    block_q4_k *const b = out;
    affine a;
    encode_affine(x, &(search){15, -1.0f, 0.1f, 20}, &a);
    memcpy(b->d, a.d, sizeof b->d);
    memcpy(b->dmin, a.dmin, sizeof b->dmin);
    b->scales = a.scales;
    pack_low(a.code, b->nibbles);
}

void encode_q5_k(const float *x, void *out)
{
    block_q5_k *const b = out;
    affine a;
    encode_affine(x, &(search){31, -0.5f, 0.1f, 15}, &a);
    memcpy(b->d, a.d, sizeof b->d);
    memcpy(b->dmin, a.dmin, sizeof b->dmin);
    b->scales = a.scales;
    memset(b->fifth, 0, sizeof b->fifth);
    for (int i = 0; i < BLOCK; i++)
        b->fifth[i % GROUP] |= (uint8_t)((a.code[i] >> 4) << (i / GROUP));
    pack_low(a.code, b->nibbles);
}

/* ---- scale alone (Q6_K) ------------------------------------------------------------------------------------------ */

/* The scale for which -32 .. 31 times it fits 16 elements best, weights x^2. */
static float fit_symmetric(const float *x)
{
    float max = 0, magnitude = 0;
    for (int i = 0; i < SUB; i++) {
        if (fabsf(x[i]) > magnitude) {
            magnitude = fabsf(x[i]);
            max = x[i];
        }
    }
    if (magnitude < 1e-15f)
        return 0;
    float scale = 0, best = 0;
    for (int k = -10; k <= 9; k++) {
        // The plain rounding comes first, then the others from below.
        const int candidate = k == -10 ? 0 : k;
        if (k == 0)
            continue;
        const float is = -(32 + 0.1f * (float)candidate) / max;
        float a = 0, b = 0;
        for (int i = 0; i < SUB; i++) {
            const float q = (float)clamp(nearest(is * x[i]), -32, 31), w = x[i] * x[i];
            a += w * x[i] * q;
            b += w * q * q;
        }
        if (b > 0 && a * a > best * b) {
            scale = a / b;
            best = scale * a;
        }
    }
    return scale;
}

static void put_q6_code(block_q6_k *b, int i, int q)
{
    const int half = i / 128, quarter = i % 128 / 32, l = i % 32;
    b->low[half][32 * (quarter & 1) + l] |= (uint8_t)((q & 15) << (quarter < 2 ? 0 : 4));
    b->high[half][l] |= (uint8_t)((q >> 4) << 2 * quarter);
}

void encode_q6_k(const float *x, void *out)
{
    block_q6_k *const b = out;
    float scale[N_SUBS], max = 0;
    for (int s = 0; s < N_SUBS; s++) {
        scale[s] = fit_symmetric(x + s * SUB);
        max = fabsf(scale[s]) > fabsf(max) ? scale[s] : max;
    }
    memset(b, 0, sizeof *b);
    if (fabsf(max) < 1e-15f)
        return;
    const float per_scale = -128.0f / max;
    half_store(b->d, 1 / per_scale);
    const float d = half_load(b->d);
    for (int s = 0; s < N_SUBS; s++)
        b->scale[s] = (int8_t)clamp(nearest(per_scale * scale[s]), -128, 127);
    for (int i = 0; i < BLOCK; i++) {
        const float step = d * (float)b->scale[i / SUB];
        put_q6_code(b, i, (step != 0 ? clamp(nearest(x[i] / step), -32, 31) : 0) + 32);
    }
}
