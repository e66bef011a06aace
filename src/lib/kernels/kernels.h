/* kernels.h - the arithmetic: one table of operations, filled once at start for this machine.
 *
 * scalar/ is the definition; every variant must give the same bits (tests/kernels compare with memcmp).  The rules that
 * make this possible: lanes run across output elements and each element is accumulated along K in the order of the
 * format; fused multiply-add is written, never contracted; reductions along a vector use 16 partial sums (element i
 * goes to sum i % 16) and one fixed tree (math_tree_sum: i += i + 8, then + 4, + 2, + 1); exp has one implementation
 * (scalar/math.h).
 */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gguf/types.h"
#include "spillway/error.h"

enum {
    K_GROUP = 32, // activations that share a scale
    KV_PAGE = 32, // positions per page of cached keys and values
    KV_SPAN = 32, // pages that a softmax passes over before its result joins those of earlier spans
    ATTEND_QUERIES = 32,
};

/* n quantized values: x = scale * (code + fine / 128), to within scale / 2 by the codes alone and scale / 256 by both.
 */
typedef struct code_rows {
    int8_t *code;      // (n), -127..127
    float *scale;      // (n / 32)
    int16_t *sum;      // (n / 16): sums of 16 codes
    float *scaled_sum; // (n / 32): scale * (sum of 32 codes); NULL: not wanted
    int8_t *fine;      // (n), -64..64; NULL: not wanted
    int16_t *fine_sum; // (n / 16)
} code_rows;

/* Activations of n_tokens, as the matrix products take them. */
typedef struct act_rows {
    size_t n_cols;
    const float *f32;     // (n_tokens, n_cols)
    code_rows codes;      // (n_tokens, n_cols)
    const int32_t *index; // (n): the token at place i of a product; NULL: token i
} act_rows;

/* The forms of activations that a product reads: floats; codes; codes and fine codes.  Each includes those before it,
 * since the floats are always there.  The rounding of 8 bits is far below that of weights of 2 to 6 bits, but as
 * large as that of Q8_0's own. */
typedef enum act_form { ACTS_F32, ACTS_CODES, ACTS_FINE } act_form;

static inline act_form act_form_of(tensor_type weights)
{
    if (type_get((uint32_t)weights)->block_elems == 1)
        return ACTS_F32;
    return weights == TYPE_Q8_0 ? ACTS_FINE : ACTS_CODES;
}

/* y[i * ld + row] = dot(weight row, x[token i]) for 16 * n_tiles rows and n tokens.  `tiles` is packed (quant/tile.h),
 * 64-byte aligned as the start of a tile's buffer allows.  ld >= 16 * n_tiles.
 *
 * Quantized, per row and group of 32 (16 for Q2_K, Q3_K and Q6_K) in rising k, with
 * s = weight scale * activation scale rounded once:
 *     acc = fma(s, (float)sum(code_w * code_x), acc)
 *     acc = fma(-min, activation scale * (float)sum(code_x), acc)            formats with a minimum
 * Q8_0, which takes the fine codes: acc = fma(s / 128, (float)sum(code_w * (128 * code_x + fine_x)), acc), where the
 * weight scale is divided first.
 * Plain: acc = fma(w, x, acc) in rising k.  acc begins at 0. */
typedef void (*matmul_fn)(const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n, float *y, size_t ld);

/* The layout of keys and values of one KV head in a page; `type` is F16, F32 or Q8_0.
 *
 *   F16, F32   keys (d_k, KV_PAGE), lanes run across positions; values (KV_PAGE, d_v)
 *   Q8_0       keys: codes (d / 4, KV_PAGE, 4), where d is d_k rounded up to whole groups of 32 and codes beyond
 * d_k are 0; then F16 scales (d / 32, KV_PAGE). values: codes (KV_PAGE, d_v), then F16 scales (d_v / 32 rounded
 * up, KV_PAGE) */
static inline size_t kv_groups(int d)
{
    return ((size_t)d + K_GROUP - 1) / K_GROUP;
}

static inline size_t kv_key_codes(int d_k)
{
    return kv_groups(d_k) * K_GROUP * KV_PAGE;
}

static inline size_t kv_value_codes(int d_v)
{
    return (size_t)d_v * KV_PAGE;
}

static inline size_t kv_key_bytes(tensor_type type, int d_k)
{
    if (type == TYPE_Q8_0)
        return kv_key_codes(d_k) + kv_groups(d_k) * KV_PAGE * sizeof(uint16_t);
    return (size_t)d_k * KV_PAGE * (type == TYPE_F16 ? sizeof(uint16_t) : sizeof(float));
}

static inline size_t kv_value_bytes(tensor_type type, int d_v)
{
    if (type == TYPE_Q8_0)
        return kv_value_codes(d_v) + kv_groups(d_v) * KV_PAGE * sizeof(uint16_t);
    return (size_t)d_v * KV_PAGE * (type == TYPE_F16 ? sizeof(uint16_t) : sizeof(float));
}

/* A softmax over parts, one after another: everything seen so far is sum * e^max. */
typedef struct running_softmax {
    float max, sum;
} running_softmax;

/* One query of an attention call, and its answer. */
typedef struct attend_query {
    const float *q;        // (d_k)
    int begin, end;        // visible positions, begin < end
    float *out;            // (d_v): sum over the visible positions of e^(score - state.max) * value
    running_softmax state; // its sum is that of e^(score - max)
} attend_query;

/* Queries of one KV head over one span of pages, which is read once for all of them. */
typedef struct attend_args {
    tensor_type type;
    int d_k;                   // size of a key
    int d_v;                   // size of a value: a multiple of 8, at most HEAD_MAX
    float scale;               // of the scores
    const void *const *keys;   // (n_pages)
    const void *const *values; // (n_pages)
    int first_page;            // the index of the page keys[0]
    int n_pages;               // at most KV_SPAN, all within one span
    attend_query *queries;     // (n); each sees a position of these pages
    int n;                     // at most ATTEND_QUERIES
} attend_args;

enum { HEAD_MAX = 1024 }; // LIMIT_HEAD

typedef struct kernels {
    const char *name; // "scalar", "avx2", ...
    matmul_fn matmul[TYPE_N];
    /* Per group of 32, with t = x * (127 / max|x|): code = round_to_even(t), fine = round_to_even(128 * (t - code)),
     * scale = max|x| / 127; a group with a value that is not finite gets zeros and a NaN scale.  n is a multiple of
     * 32. */
    void (*quantize)(const float *x, size_t n, const code_rows *out);
    /* y = x / sqrt(mean(x^2) + eps) * w (+ b if not NULL); y may be x. */
    void (*rmsnorm)(const float *x, const float *w, const float *b, size_t n, float eps, float *y);
    /* y = (x - mean) / sqrt(var + eps) * w (+ b); y may be x. */
    void (*layernorm)(const float *x, const float *w, const float *b, size_t n, float eps, float *y);
    /* Softmax attention over the visible positions of a span, not yet divided by its sum.  Per query and page: scores,
     * their maximum, exponentials, weighted values; pages are combined in order.  Of F16 and F32 keys a score is acc =
     * fma(key, q, acc) in rising k and a value counts as acc = fma(value, e, acc) in rising position.  Of Q8_0 the
     * query is quantized too: acc = fma(key scale * q scale, (float)sum(code_k * code_q), acc) per group, and
     * acc = fma((float)code_v, e * value scale, acc). */
    void (*attend)(const attend_args *a);
    /* y[i] = silu(gate[i]) * up[i]; silu(g) = g / (1 + exp(-g)).  y may be gate. */
    void (*swiglu)(const float *gate, const float *up, size_t n, float *y);
    /* gpt-oss: g = min(gate, 7), u = clamp(up, -7, 7), y = g / (1 + exp(-1.702 g)) * (u + 1). */
    void (*swiglu_oai)(const float *gate, const float *up, size_t n, float *y);
    /* y[i] = exp((x[i] - max) / t): the numerators of a softmax.  max and t > 0 are finite; y may be x. */
    void (*softmax_weights)(const float *x, size_t n, float max, float t, float *y);
} kernels;

/* The best table that this machine can run; SPILLWAY_ISA=scalar|avx2|avxvnni|avx512|neon|dotprod lowers it.  Any
 * thread. */
const kernels *kernels_get(void);

/* SW_EINVAL when SPILLWAY_ISA names a table that this machine cannot run (the best one is then in use). */
SW_NODISCARD sw_code kernels_check(sw_err *err);

/* Every table that this machine can run, scalar first; for tests. */
size_t kernels_all(const kernels *const **out);

#endif
