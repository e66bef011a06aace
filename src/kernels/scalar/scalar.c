/* scalar.c - the definition of every operation, in plain C.  Clarity first: this is what the others are compared with.
 */
#include <string.h>

#include "kernels/quantized.h"
#include "kernels/scalar/math.h"
#include "kernels/variants.h"
#include "quant/blocks.h"
#include "quant/tile.h"

enum { R = SW_TILE_ROWS };

static size_t token_at(const sw_acts *x, size_t i)
{
    return x->index != NULL ? (size_t)x->index[i] : i;
}

/* ---- matrix products -------------------------------------------------------------------------------------------- */

/* Adds one opened block, whose first element is column k0, to the 16 sums of one token. */
static void add_block(const sw_tile_block *b, const sw_acts *x, size_t token, size_t k0, float acc[R])
{
    const int8_t *const code = x->code + token * x->n_cols + k0;
    const float *const scale = x->scale + (token * x->n_cols + k0) / SW_GROUP;
    const int16_t *const sum = x->sum + (token * x->n_cols + k0) / 16;
    for (int first = 0; first < b->n_k; first += b->group) {
        const int g = first / b->group;
        const float xs = scale[first / SW_GROUP];
        const int code_sum = b->group == 16 ? sum[g] : sum[2 * g] + sum[2 * g + 1];
        for (int r = 0; r < R; r++) {
            int32_t dot = 0;
            for (int k = first; k < first + b->group; k++)
                dot += b->code[k][r] * code[k];
            acc[r] = fmaf(b->scale[g][r] * xs, (float)dot, acc[r]);
            if (b->has_min)
                acc[r] = fmaf(-(b->min[g][r] * xs), (float)code_sum, acc[r]);
        }
    }
}

static void matmul_quantized(sw_type t, const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n, float *y,
                             size_t ld)
{
    const sw_type_traits *const traits = sw_type_get((uint32_t)t);
    const size_t step = (size_t)traits->block_bytes * R;
    sw_tile_block b;
    for (size_t tile = 0; tile < n_tiles; tile++) {
        for (size_t i = 0; i < n; i++)
            memset(y + i * ld + tile * R, 0, R * sizeof *y);
        for (size_t k = 0; k < x->n_cols; k += traits->block_elems, tiles += step) {
            sw_tile_open(t, tiles, &b);
            for (size_t i = 0; i < n; i++)
                add_block(&b, x, token_at(x, i), k, y + i * ld + tile * R);
        }
    }
}

#define PRODUCT(format)                                                                                                \
    static void matmul_##format(const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n, float *y, size_t ld) \
    {                                                                                                                  \
        matmul_quantized(SW_##format, tiles, n_tiles, x, n, y, ld);                                                    \
    }
SW_QUANTIZED_FORMATS(PRODUCT)

/* Loads the 16 weights of one k. */
typedef void (*load_fn)(const uint8_t *p, float w[R]);

static void load_f32(const uint8_t *p, float w[R])
{
    memcpy(w, p, R * sizeof *w);
}

static void load_f16(const uint8_t *p, float w[R])
{
    for (int r = 0; r < R; r++)
        w[r] = sw_load_f16(p + 2 * r);
}

static void load_bf16(const uint8_t *p, float w[R])
{
    for (int r = 0; r < R; r++)
        w[r] = sw_f32_from_bf16(sw_load_u16(p + 2 * r));
}

static void matmul_plain(load_fn load, size_t step, const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n,
                         float *y, size_t ld)
{
    for (size_t tile = 0; tile < n_tiles; tile++) {
        for (size_t i = 0; i < n; i++)
            memset(y + i * ld + tile * R, 0, R * sizeof *y);
        for (size_t k = 0; k < x->n_cols; k++, tiles += step) {
            float w[R];
            load(tiles, w);
            for (size_t i = 0; i < n; i++) {
                const float value = x->f32[token_at(x, i) * x->n_cols + k];
                float *const acc = y + i * ld + tile * R;
                for (int r = 0; r < R; r++)
                    acc[r] = fmaf(w[r], value, acc[r]);
            }
        }
    }
}

static void matmul_f32(const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n, float *y, size_t ld)
{
    matmul_plain(load_f32, 4 * R, tiles, n_tiles, x, n, y, ld);
}

static void matmul_f16(const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n, float *y, size_t ld)
{
    matmul_plain(load_f16, 2 * R, tiles, n_tiles, x, n, y, ld);
}

static void matmul_bf16(const uint8_t *tiles, size_t n_tiles, const sw_acts *x, size_t n, float *y, size_t ld)
{
    matmul_plain(load_bf16, 2 * R, tiles, n_tiles, x, n, y, ld);
}

/* ---- activations ------------------------------------------------------------------------------------------------ */

static void quantize_group(const float *x, int8_t *code, float *scale, int16_t *sum)
{
    uint32_t max_bits = 0; // of |x|: as integers, so that infinities and NaN stand above every number
    for (int i = 0; i < SW_GROUP; i++) {
        const uint32_t bits = sw_f32_bits(x[i]) & 0x7fffffff;
        max_bits = bits > max_bits ? bits : max_bits;
    }
    sum[0] = sum[1] = 0;
    if (max_bits >= 0x7f800000) {
        memset(code, 0, SW_GROUP);
        *scale = NAN;
        return;
    }
    const float max = sw_f32_from_bits(max_bits);
    *scale = max / 127.0f;
    // A maximum so small that 127 / max overflows counts as zero.
    const float inverse = max >= 0x1p-119f ? 127.0f / max : 0.0f;
    for (int i = 0; i < SW_GROUP; i++) {
        code[i] = (int8_t)rintf(x[i] * inverse);
        sum[i / 16] = (int16_t)(sum[i / 16] + code[i]);
    }
}

static void quantize(const float *x, size_t n, int8_t *code, float *scale, int16_t *sum)
{
    for (size_t g = 0; g < n / SW_GROUP; g++)
        quantize_group(x + g * SW_GROUP, code + g * SW_GROUP, scale + g, sum + 2 * g);
}

/* ---- norms ------------------------------------------------------------------------------------------------------ */

static float sum_of(const float *x, size_t n)
{
    float s[SW_N_PARTIAL] = {0};
    for (size_t i = 0; i < n; i++)
        s[i % SW_N_PARTIAL] += x[i];
    return sw_tree_sum(s);
}

/* Sum of (x - center)^2. */
static float sum_of_squares(const float *x, size_t n, float center)
{
    float s[SW_N_PARTIAL] = {0};
    for (size_t i = 0; i < n; i++) {
        const float d = x[i] - center;
        s[i % SW_N_PARTIAL] = fmaf(d, d, s[i % SW_N_PARTIAL]);
    }
    return sw_tree_sum(s);
}

static void scale_and_shift(const float *x, const float *w, const float *b, size_t n, float center, float factor,
                            float *y)
{
    for (size_t i = 0; i < n; i++) {
        const float v = (x[i] - center) * factor * w[i];
        y[i] = b != NULL ? v + b[i] : v;
    }
}

static void rmsnorm(const float *x, const float *w, const float *b, size_t n, float eps, float *y)
{
    const float factor = 1.0f / sqrtf(sum_of_squares(x, n, 0.0f) / (float)n + eps);
    scale_and_shift(x, w, b, n, 0.0f, factor, y);
}

static void layernorm(const float *x, const float *w, const float *b, size_t n, float eps, float *y)
{
    const float mean = sum_of(x, n) / (float)n;
    const float factor = 1.0f / sqrtf(sum_of_squares(x, n, mean) / (float)n + eps);
    scale_and_shift(x, w, b, n, mean, factor, y);
}

/* ---- attention -------------------------------------------------------------------------------------------------- */

static float element(const void *page, bool is_f16, size_t i)
{
    return is_f16 ? sw_f32_from_f16(((const uint16_t *)page)[i]) : ((const float *)page)[i];
}

/* One page: positions [lo, hi) of its 32 are visible. */
static void attend_page(const sw_attend *a, const void *keys, const void *values, int lo, int hi, sw_running *s)
{
    float p[SW_KV_PAGE] = {0};
    for (int i = 0; i < a->d_k; i++) {
        for (int t = 0; t < SW_KV_PAGE; t++)
            p[t] = fmaf(element(keys, a->is_f16, (size_t)(i * SW_KV_PAGE + t)), a->q[i], p[t]);
    }
    float max = -INFINITY;
    for (int t = lo; t < hi; t++) {
        p[t] *= a->scale;
        max = p[t] > max ? p[t] : max;
    }
    for (int t = 0; t < SW_KV_PAGE; t++)
        p[t] = t >= lo && t < hi ? sw_expf(p[t] - max) : 0.0f;
    float partial[SW_N_PARTIAL];
    for (int i = 0; i < SW_N_PARTIAL; i++)
        partial[i] = p[i] + p[i + SW_N_PARTIAL];
    float part[SW_HEAD_MAX] = {0};
    for (int t = lo; t < hi; t++) {
        for (int i = 0; i < a->d_v; i++)
            part[i] = fmaf(element(values, a->is_f16, (size_t)(t * a->d_v + i)), p[t], part[i]);
    }
    const float factor = sw_running_merge(s, max, a->out, a->d_v);
    s->sum = fmaf(sw_tree_sum(partial), factor, s->sum);
    for (int i = 0; i < a->d_v; i++)
        a->out[i] = fmaf(part[i], factor, a->out[i]);
}

static void attend(const sw_attend *a)
{
    sw_running s = {-INFINITY, 0.0f};
    memset(a->out, 0, (size_t)a->d_v * sizeof *a->out);
    for (int page = a->begin / SW_KV_PAGE; page * SW_KV_PAGE < a->end; page++) {
        const int first = page * SW_KV_PAGE;
        const int lo = a->begin > first ? a->begin - first : 0;
        const int hi = a->end < first + SW_KV_PAGE ? a->end - first : SW_KV_PAGE;
        attend_page(a, a->keys[page], a->values[page], lo, hi, &s);
    }
    if (a->sink != NULL)
        s.sum += sw_running_merge(&s, *a->sink, a->out, a->d_v);
    for (int i = 0; i < a->d_v; i++)
        a->out[i] /= s.sum;
}

/* ---- activation functions --------------------------------------------------------------------------------------- */

static void swiglu(const float *gate, const float *up, size_t n, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = gate[i] / (1.0f + sw_expf(-gate[i])) * up[i];
}

static void swiglu_oai(const float *gate, const float *up, size_t n, float *y)
{
    for (size_t i = 0; i < n; i++) {
        const float g = gate[i] > 7.0f ? 7.0f : gate[i];
        const float u = up[i] > 7.0f ? 7.0f : up[i] < -7.0f ? -7.0f : up[i];
        y[i] = g / (1.0f + sw_expf(-1.702f * g)) * (u + 1.0f);
    }
}

static void softmax_weights(const float *x, size_t n, float max, float t, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = sw_expf((x[i] - max) / t);
}

void sw__kernels_fill_scalar(sw_kernels *k)
{
#define ENTRY(format) [SW_##format] = matmul_##format,
    *k = (sw_kernels){
        .name = "scalar",
        .matmul = {[SW_F32] = matmul_f32, [SW_F16] = matmul_f16, [SW_BF16] = matmul_bf16, SW_QUANTIZED_FORMATS(ENTRY)},
        .quantize = quantize,
        .rmsnorm = rmsnorm,
        .layernorm = layernorm,
        .attend = attend,
        .swiglu = swiglu,
        .swiglu_oai = swiglu_oai,
        .softmax_weights = softmax_weights,
    };
}
