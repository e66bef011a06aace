/* scalar.c - the definition of every operation, in plain C.
 *
 * Clarity comes before speed: every other table is compared with this one bit by bit.  So the order of additions is
 * part of the definition: where a loop could run in another order with another rounding, a comment says which order and
 * why. Sums of integers are exact and may be in any order; those of floats may not.  kernels.h has the formulas, and
 * the shapes of all arguments.
 */
#include <string.h>

#include "kernels/codes.h"
#include "kernels/lanes/operands.h"
#include "kernels/scalar/math.h"
#include "kernels/variants.h"
#include "quant/formats.h"
#include "quant/half.h"
#include "quant/tile.h"

enum { R = TILE_ROWS }; // rows of a tile, computed side by side: 16 independent sums

/* ---- matrix products -------------------------------------------------------------------------------------------- */

/* Adds one opened block to the 16 sums of a token; x begins at the block's first column.  Per group g of the block:
 *
 *   acc[r] += scale_w[g][r] * scale_x * (sum of code_w * code_x)
 *   acc[r] -= min[g][r] * scale_x * (sum of code_x)                    formats with a minimum
 *
 * A weight is scale * code - min.  The dot product of the codes is an integer, below 2^31 for every format: 32 products
 * of at most 128 * (128 * 127 + 64) with fine codes.  Its conversion to float rounds, and so does each fmaf: one
 * rounding per group, in rising k. */
static void add_block(const tile_block *b, const code_rows *x, bool is_fine, float acc[R])
{
    for (int first = 0; first < b->n_k; first += b->group) {
        const int g = first / b->group; // b->group is 32, or 16; activations always share a scale by 32
        const float xs = x->scale[first / K_GROUP];
        const int code_sum = b->group == 16 ? x->sum[g] : x->sum[2 * g] + x->sum[2 * g + 1];
        for (int r = 0; r < R; r++) {
            int32_t dot = 0;
            for (int k = first; k < first + b->group; k++)
                dot += b->code[k][r] * (is_fine ? 128 * x->code[k] + x->fine[k] : x->code[k]);
            // The 128 of the fine codes goes to the weight's scale: dividing by a power of two does not round.
            const float ws = is_fine ? b->scale[g][r] / 128.0f : b->scale[g][r];
            acc[r] = fmaf(ws * xs, (float)dot, acc[r]);
            if (b->has_min)
                acc[r] = fmaf(-b->min[g][r], xs * (float)code_sum, acc[r]);
        }
    }
}

/* The outputs of one tile for all tokens; they are the sums while the tile is computed. */
static void clear_outputs(const product *p, size_t tile)
{
    for (size_t i = 0; i < p->n; i++)
        memset(p->y + i * p->ld + tile * R, 0, R * sizeof *p->y);
}

/* A block of 16 rows is opened once and used for every token: tile by tile, along K, then token by token.  Each output
 * sees its additions along K alone, so the order of tiles and tokens is free. */
static void matmul_quantized(const tensor_type *t, product p)
{
    const type_traits *const traits = type_get((uint32_t)*t);
    const size_t step = (size_t)traits->block_bytes * R;
    const bool is_fine = act_form_of(*t) == ACTS_FINE;
    tile_block b;
    for (size_t tile = 0; tile < p.n_tiles; tile++) {
        clear_outputs(&p, tile);
        for (size_t k = 0; k < p.x->n_cols; k += traits->block_elems, p.tiles += step) {
            tile_open(*t, p.tiles, &b);
            for (size_t i = 0; i < p.n; i++) {
                const code_rows codes = codes_at(&p.x->codes, token_at(p.x, i) * p.x->n_cols + k);
                add_block(&b, &codes, is_fine, p.y + i * p.ld + tile * R);
            }
        }
    }
}

/* A plain type: bytes of one k of a tile, and how its 16 weights are read. */
typedef struct plain_weights {
    size_t step; // bytes
    void (*load)(const void *k, float w[R]);
} plain_weights;

static void load_f32(const void *k, float w[R])
{
    memcpy(w, ((const tile_f32 *)k)->row, R * sizeof *w);
}

static void load_f16(const void *k, float w[R])
{
    for (int r = 0; r < R; r++)
        w[r] = f32_from_f16(((const tile_f16 *)k)->row[r]);
}

/* BF16 is the upper half of an F32: no rounding. */
static void load_bf16(const void *k, float w[R])
{
    for (int r = 0; r < R; r++)
        w[r] = f32_from_bf16(((const tile_bf16 *)k)->row[r]);
}

/* One fmaf per weight, in rising k.  The weights become floats without loss, and the activations are not quantized. */
static void matmul_plain(const plain_weights *weights, product p)
{
    for (size_t tile = 0; tile < p.n_tiles; tile++) {
        clear_outputs(&p, tile);
        for (size_t k = 0; k < p.x->n_cols; k++, p.tiles += weights->step) {
            float w[R];
            weights->load(p.tiles, w);
            for (size_t i = 0; i < p.n; i++) {
                const float value = p.x->f32[token_at(p.x, i) * p.x->n_cols + k];
                float *const acc = p.y + i * p.ld + tile * R;
                for (int r = 0; r < R; r++)
                    acc[r] = fmaf(w[r], value, acc[r]);
            }
        }
    }
}

/* One function per format: an entry of the table has no room for the format as an argument. */
#define QUANTIZED_PRODUCT(NAME, name)                                                                                  \
    static const tensor_type NAME##_SCALAR = TYPE_##NAME;                                                              \
    PRODUCT_FUNCTION(matmul_scalar_##name, matmul_quantized, NAME##_SCALAR)
#define PLAIN_PRODUCT(NAME, name)                                                                                      \
    static const plain_weights NAME##_SCALAR = {sizeof(tile_##name), load_##name};                                     \
    PRODUCT_FUNCTION(matmul_scalar_##name, matmul_plain, NAME##_SCALAR)
QUANTIZED_FORMATS(QUANTIZED_PRODUCT)
PLAIN_FORMATS(PLAIN_PRODUCT)

/* ---- activations ------------------------------------------------------------------------------------------------ */

/* 32 values to codes of 8 bits with one scale, and the rest of each in 128ths of a code: with t = x * 127 / max|x|,
 *
 *   code = rint(t)   in -127..127        x is about  scale * code           to within scale / 2
 *   fine = rint(128 (t - code))  in -64..64             scale * (code + fine / 128)    to within scale / 256
 *
 * rint rounds ties to even, as the conversions of every instruction set do.  127 / max is rounded once per group, and
 * every value is multiplied with it. */
static void quantize_group(const float *x, const code_rows *to)
{
    uint32_t max_bits = 0; // of |x|: as integers, so that infinities and NaN compare above every number
    for (int i = 0; i < K_GROUP; i++) {
        const uint32_t bits = f32_bits(x[i]) & 0x7fffffff;
        max_bits = bits > max_bits ? bits : max_bits;
    }
    const bool is_finite = max_bits < 0x7f800000;
    const float max = is_finite ? f32_from_bits(max_bits) : NAN;
    *to->scale = is_finite ? max / 127.0f : NAN;
    // A maximum so small that 127 / max overflows counts as zero.
    const float inverse = max >= 0x1p-119f ? 127.0f / max : 0.0f;
    int sum[2] = {0}, fine_sum[2] = {0}; // of each half: formats with groups of 16 need both, others add them
    for (int i = 0; i < K_GROUP; i++) {
        const float t = is_finite ? x[i] * inverse : 0.0f, code = rintf(t), fine = rintf((t - code) * 128.0f);
        to->code[i] = (int8_t)code;
        sum[i / 16] += (int)code;
        if (to->fine != NULL)
            to->fine[i] = (int8_t)fine;
        fine_sum[i / 16] += (int)fine;
    }
    if (to->scaled_sum != NULL)
        *to->scaled_sum = *to->scale * (float)(sum[0] + sum[1]);
    for (int h = 0; h < 2; h++) {
        to->sum[h] = (int16_t)sum[h];
        if (to->fine != NULL)
            to->fine_sum[h] = (int16_t)fine_sum[h];
    }
}

static void quantize(const float *x, size_t n, const code_rows *out)
{
    for (size_t i = 0; i < n; i += K_GROUP) {
        const code_rows to = codes_at(out, i);
        quantize_group(x + i, &to);
    }
}

/* ---- norms ------------------------------------------------------------------------------------------------------ */

/* Element i goes to partial sum i % 16, as in a register of 16 lanes (or two of 8, or four of 4), and the tree adds the
 * lanes: the one order that all widths of registers can keep. */
static float sum_of(const float *x, size_t n)
{
    float s[MATH_N_PARTIAL] = {0};
    for (size_t i = 0; i < n; i++)
        s[i % MATH_N_PARTIAL] += x[i];
    return math_tree_sum(s);
}

/* Sum of (x - center)^2, in the same order. */
static float sum_of_squares(const float *x, size_t n, float center)
{
    float s[MATH_N_PARTIAL] = {0};
    for (size_t i = 0; i < n; i++) {
        const float d = x[i] - center;
        s[i % MATH_N_PARTIAL] = fmaf(d, d, s[i % MATH_N_PARTIAL]);
    }
    return math_tree_sum(s);
}

/* y = (x - center) * factor * w + b, from left to right, each step rounded: none is fused. */
static void scale_and_shift(const float *x, const float *w, const float *b, size_t n, float center, float factor,
                            float *y)
{
    for (size_t i = 0; i < n; i++) {
        const float v = (x[i] - center) * factor * w[i];
        y[i] = b != NULL ? v + b[i] : v;
    }
}

/* Zhang and Sennrich 2019. */
static void rmsnorm(const float *x, const float *w, const float *b, size_t n, float eps, float *y)
{
    const float factor = 1.0f / sqrtf(sum_of_squares(x, n, 0.0f) / (float)n + eps);
    scale_and_shift(x, w, b, n, 0.0f, factor, y);
}

/* Ba, Kiros and Hinton 2016.  Two passes: the mean first, because the difference of two large sums loses the variance.
 */
static void layernorm(const float *x, const float *w, const float *b, size_t n, float eps, float *y)
{
    const float mean = sum_of(x, n) / (float)n;
    const float factor = 1.0f / sqrtf(sum_of_squares(x, n, mean) / (float)n + eps);
    scale_and_shift(x, w, b, n, mean, factor, y);
}

/* ---- attention -------------------------------------------------------------------------------------------------- */

/* Element i of a page of floats, keys (d_k, KV_PAGE) or values (KV_PAGE, d_v). */
static float element(const void *page, tensor_type type, size_t i)
{
    return type == TYPE_F16 ? f32_from_f16(((const uint16_t *)page)[i]) : ((const float *)page)[i];
}

/* A query's codes and scales, for Q8_0 keys. */
typedef struct query_codes {
    int8_t code[HEAD_MAX];
    float scale[HEAD_MAX / K_GROUP];
} query_codes;

/* Filled up with zeros to whole groups, as the keys are. */
static void quantize_query(const float *q, int d_k, query_codes *out)
{
    float padded[HEAD_MAX] = {0};
    int16_t sums[HEAD_MAX / 16];
    memcpy(padded, q, (size_t)d_k * sizeof *q);
    quantize(padded, kv_groups(d_k) * K_GROUP, &(code_rows){.code = out->code, .scale = out->scale, .sum = sums});
}

/* Score of position t of a page, q . key, not yet scaled.  Codes of four neighbours along d are side by side for each
 * position: the unit of the instructions that multiply bytes (vpdpbusd, sdot). */
static float score_q8(const query_codes *q, const void *keys, int d_k, size_t t)
{
    const int8_t *const code = keys;
    const uint16_t *const scale = (const void *)(code + kv_key_codes(d_k));
    float score = 0.0f;
    for (size_t g = 0; g < kv_groups(d_k); g++) {
        int32_t dot = 0;
        for (size_t k = g * K_GROUP; k < (g + 1) * K_GROUP; k++)
            dot += code[(k / 4 * KV_PAGE + t) * 4 + k % 4] * q->code[k];
        score = fmaf(f32_from_f16(scale[g * KV_PAGE + t]) * q->scale[g], (float)dot, score);
    }
    return score;
}

/* The same of floats, in rising k. */
static float score_plain(const attend_args *a, const float *q, const void *keys, size_t t)
{
    float score = 0.0f;
    for (int k = 0; k < a->d_k; k++)
        score = fmaf(element(keys, a->type, (size_t)k * KV_PAGE + t), q[k], score);
    return score;
}

/* part[i] += weight * value of position t.  The weight is multiplied with the scale first, because one product per
 * group of 32 is less work than one per element. */
static void add_value(const attend_args *a, const void *values, size_t t, float weight, float *part)
{
    const size_t d_v = (size_t)a->d_v;
    if (a->type != TYPE_Q8_0) {
        for (size_t i = 0; i < d_v; i++)
            part[i] = fmaf(element(values, a->type, t * d_v + i), weight, part[i]);
        return;
    }
    const int8_t *const code = values;
    const uint16_t *const scale = (const void *)(code + kv_value_codes(a->d_v));
    for (size_t i = 0; i < d_v; i++) {
        const float scaled = weight * f32_from_f16(scale[i / K_GROUP * KV_PAGE + t]);
        part[i] = fmaf((float)code[t * d_v + i], scaled, part[i]);
    }
}

/* One page of one query: positions [lo, hi) of its 32 are visible.
 *
 *   p[t]  = e^(scale * q . key[t] - max)            max: of this page
 *   part  = sum of p[t] * value[t]                  in rising t
 *   state and out: multiplied with e^(old max - new max) where the maximum grew, then added to (Milakov and Gimelshein
 *   2018; Dao et al. 2022)
 *
 * A page is computed by itself and joined afterwards, so its bits do not depend on the pages before it. */
static void attend_page(const attend_args *a, int page, int lo, int hi, const query_codes *codes, attend_query *q)
{
    float p[KV_PAGE] = {0};
    float max = -INFINITY;
    for (int t = lo; t < hi; t++) {
        p[t] = a->scale * (a->type == TYPE_Q8_0 ? score_q8(codes, a->keys[page], a->d_k, (size_t)t)
                                                : score_plain(a, q->q, a->keys[page], (size_t)t));
        max = p[t] > max ? p[t] : max;
    }
    for (int t = lo; t < hi; t++)
        p[t] = math_expf(p[t] - max);
    float partial[MATH_N_PARTIAL]; // 32 positions in 16 sums: t and t + 16; those that are not visible are zeros
    for (int i = 0; i < MATH_N_PARTIAL; i++)
        partial[i] = p[i] + p[i + MATH_N_PARTIAL];
    float part[HEAD_MAX] = {0};
    for (int t = lo; t < hi; t++)
        add_value(a, a->values[page], (size_t)t, p[t], part);
    const float factor = running_merge(&q->state, max, q->out, a->d_v);
    q->state.sum = fmaf(math_tree_sum(partial), factor, q->state.sum);
    for (int i = 0; i < a->d_v; i++)
        q->out[i] = fmaf(part[i], factor, q->out[i]);
}

/* Query by query and page by page, in the order of positions.  Variants read a page once for all queries: the same
 * result, since queries do not meet. */
static void attend(const attend_args *a)
{
    for (attend_query *q = a->queries; q < a->queries + a->n; q++) {
        query_codes codes;
        if (a->type == TYPE_Q8_0)
            quantize_query(q->q, a->d_k, &codes);
        q->state = (running_softmax){-INFINITY, 0.0f};
        memset(q->out, 0, (size_t)a->d_v * sizeof *q->out);
        for (int page = 0; page < a->n_pages; page++) {
            const int first = (a->first_page + page) * KV_PAGE;
            const int lo = q->begin > first ? q->begin - first : 0;
            const int hi = q->end < first + KV_PAGE ? q->end - first : KV_PAGE;
            if (lo < hi)
                attend_page(a, page, lo, hi, &codes, q);
        }
    }
}

/* ---- activation functions --------------------------------------------------------------------------------------- */

/* Shazeer 2020.  For a large negative gate the exponential is infinite and the quotient is -0, which is right. */
static void swiglu(const float *gate, const float *up, size_t n, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = gate[i] / (1.0f + math_expf(-gate[i])) * up[i];
}

/* The clamped form of gpt-oss, whose sigmoid has the slope 1.702 that approximates a GELU (Hendrycks and Gimpel 2016).
 * Comparisons, and not fminf: a NaN must stay one, and is then found after the layer. */
static void swiglu_oai(const float *gate, const float *up, size_t n, float *y)
{
    for (size_t i = 0; i < n; i++) {
        const float g = gate[i] > 7.0f ? 7.0f : gate[i];
        const float u = up[i] > 7.0f ? 7.0f : up[i] < -7.0f ? -7.0f : up[i];
        y[i] = g / (1.0f + math_expf(-1.702f * g)) * (u + 1.0f);
    }
}

/* A division by t, which rounds once; a product with 1 / t would round twice. */
static void softmax_weights(const float *x, size_t n, float max, float t, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = math_expf((x[i] - max) / t);
}

void kernels_fill_scalar(kernels *k)
{
#define ENTRY(NAME, name) [TYPE_##NAME] = matmul_scalar_##name,
    *k = (kernels){
        .name = "scalar",
        .matmul = {ALL_FORMATS(ENTRY)},
        .quantize = quantize,
        .rmsnorm = rmsnorm,
        .layernorm = layernorm,
        .attend = attend,
        .swiglu = swiglu,
        .swiglu_oai = swiglu_oai,
        .softmax_weights = softmax_weights,
    };
}
