/* device_check.c - one operation after another: inputs go up, the definition computes here, the device there. */
#include "gpu/device_check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "gpu/launches.h"
#include "gpu/trial.h"
#include "kernels/codes.h"
#include "kernels/scalar/math.h"
#include "kernels/variants.h"
#include "quant/half.h"
#include "quant/tile.h"

enum {
    COLS = 256, // a block of every format
    GROUPS = COLS / K_GROUP,
    ROWS = 33, // more than a block of 32 places
    TILES = 5, // more than a block of 4
    OUT_ROWS = TILES * TILE_ROWS,
    HEAD = 64,
    HEADS = 4,
    PAGES = 3,
    POSITIONS = 70, // the last page is not full
};

/* ---- activations ------------------------------------------------------------------------------------------------- */

/* Activations as kernels lay them out, of ROWS rows or fewer. */
static gpu_acts take_acts(trial *c, float *f32)
{
    return (gpu_acts){.f32 = f32,
                      .code = trial_take(c, ROWS * COLS),
                      .fine = trial_take(c, ROWS * COLS),
                      .scale = trial_take(c, GROUPS * ROWS * sizeof(float)),
                      .sum = trial_take(c, GROUPS * ROWS * sizeof(float)),
                      .half_sum = trial_take(c, 2 * GROUPS * ROWS * sizeof(float))};
}

static gpu_acts acts_on(const trial *c, const gpu_acts *a)
{
    return (gpu_acts){trial_on(c, a->f32),   trial_on(c, a->code), trial_on(c, a->fine),
                      trial_on(c, a->scale), trial_on(c, a->sum),  trial_on(c, a->half_sum)};
}

/* Fills the codes by the definition.  *codes, whose room is the caller's, keeps them as products here take them. */
static void fill_codes(const trial *c, const gpu_acts *a, const code_rows *codes)
{
    c->k.quantize(a->f32, ROWS * COLS, codes);
    memcpy(a->code, codes->code, ROWS * COLS);
    memcpy(a->fine, codes->fine, ROWS * COLS);
    for (size_t i = 0; i < ROWS * GROUPS; i++) {
        const size_t row = i / GROUPS, g = i % GROUPS;
        a->scale[g * ROWS + row] = codes->scale[i];
        a->sum[g * ROWS + row] = codes->scaled_sum[i];
        for (size_t h = 0; h < 2; h++)
            a->half_sum[(2 * g + h) * ROWS + row] = codes->scale[i] * (float)codes->sum[2 * i + h];
    }
}

static sw_code compare_acts(const trial *c, const char *what, const gpu_acts *a)
{
    sw_code code = trial_floats(c, what, "the result", a->f32, ROWS * COLS);
    if (code == SW_OK)
        code = trial_codes(c, what, "a code", a->code, ROWS * COLS);
    if (code == SW_OK)
        code = trial_codes(c, what, "a fine code", a->fine, ROWS * COLS);
    if (code == SW_OK)
        code = trial_floats(c, what, "a scale", a->scale, GROUPS * ROWS);
    if (code == SW_OK)
        code = trial_floats(c, what, "a sum of codes", a->sum, GROUPS * ROWS);
    return code == SW_OK ? trial_floats(c, what, "a sum of 16 codes", a->half_sum, 2 * GROUPS * ROWS) : code;
}

/* Both norms, with the codes of their results. */
static sw_code check_norm(trial *c, bool is_layernorm, const code_rows *codes)
{
    c->n_used = 0;
    float *const x = trial_numbers(c, ROWS, COLS), *const w = trial_numbers(c, 1, COLS);
    const gpu_acts y = take_acts(c, trial_take(c, ROWS * COLS * sizeof(float)));
    const gpu_norm_args a = {.x = trial_on(c, x),
                             .weight = trial_on(c, w),
                             .y = acts_on(c, &y),
                             .n = COLS,
                             .x_outer = COLS,
                             .y_outer = COLS,
                             .ld = ROWS,
                             .is_layernorm = is_layernorm,
                             .eps = 1e-5f};
    sw_code code = trial_upload(c);
    if (code == SW_OK)
        code = launch_norm(c->stream, &a, 1, ROWS, c->err);
    if (code == SW_OK)
        code = trial_download(c);
    for (size_t row = 0; row < ROWS; row++)
        (is_layernorm ? c->k.layernorm : c->k.rmsnorm)(x + row * COLS, w, NULL, COLS, 1e-5f, y.f32 + row * COLS);
    fill_codes(c, &y, codes);
    return code == SW_OK ? compare_acts(c, is_layernorm ? "LayerNorm" : "RMSNorm", &y) : code;
}

/* Both activation functions. */
static sw_code check_gate(trial *c, bool is_oai, const code_rows *codes)
{
    c->n_used = 0;
    float *const gate = trial_numbers(c, ROWS, COLS), *const up = trial_numbers(c, ROWS, COLS);
    const gpu_acts y = take_acts(c, trial_take(c, ROWS * COLS * sizeof(float)));
    const gpu_gate_args a = {.gate = trial_on(c, gate),
                             .up = trial_on(c, up),
                             .y = acts_on(c, &y),
                             .n = COLS,
                             .row = COLS,
                             .ld = ROWS,
                             .is_oai = is_oai};
    sw_code code = trial_upload(c);
    if (code == SW_OK)
        code = launch_gate(c->stream, &a, ROWS, c->err);
    if (code == SW_OK)
        code = trial_download(c);
    (is_oai ? c->k.swiglu_oai : c->k.swiglu)(gate, up, ROWS * COLS, y.f32);
    fill_codes(c, &y, codes);
    return code == SW_OK ? compare_acts(c, is_oai ? "the clamped SwiGLU" : "SwiGLU", &y) : code;
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

/* A matrix of random blocks.  Their scales may be of any size, or (is_tame) of those that models have, so that no sum
 * is beyond what a float holds. */
static uint8_t *random_tiles(trial *c, tensor_type t, bool is_tame)
{
    const size_t n_bytes = TILES * tile_size(t, COLS);
    uint8_t *const tiles = trial_take(c, n_bytes);
    for (size_t i = 0; i < n_bytes; i++) // halves and floats below 2^15 and 2^96, at most
        tiles[i] = (uint8_t)((rng_next(&c->rng) >> 32) & (is_tame ? 0x6f : 0xff));
    return tiles;
}

static sw_code check_product(trial *c, tensor_type t, bool is_tame, size_t n, const code_rows *codes)
{
    gpu_format format;
    char what[64];
    if (!launch_format(t, &format))
        return SW_OK;
    snprintf(what, sizeof what, "a product of %zu tokens with %s", n, type_name(t));
    c->n_used = 0;
    const gpu_acts x = take_acts(c, trial_numbers(c, ROWS, COLS));
    fill_codes(c, &x, codes);
    const uint8_t *const tiles = random_tiles(c, t, is_tame);
    float *const y = trial_take(c, n * OUT_ROWS * sizeof *y);
    const gpu_product_args a = {.tiles = trial_on(c, tiles),
                                .x = acts_on(c, &x),
                                .y = trial_on(c, y),
                                .n = COLS,
                                .n_places = (int)n,
                                .n_tiles = TILES,
                                .y_row = OUT_ROWS,
                                .ld = ROWS,
                                .tile_bytes = tile_size(t, COLS)};
    sw_code code = trial_upload(c);
    if (code == SW_OK)
        code = launch_product(c->stream, &a, format, 1, (int)n, c->err);
    if (code == SW_OK)
        code = trial_download(c);
    c->k.matmul[t](tiles, TILES, &(act_rows){.n_cols = COLS, .f32 = x.f32, .codes = *codes}, n, y, OUT_ROWS);
    return code == SW_OK ? trial_floats(c, what, "the result", y, n * OUT_ROWS) : code;
}

/* For one token, a few, and more than a block of 32. */
static sw_code check_products(trial *c, tensor_type t, const code_rows *codes)
{
    static const size_t COUNTS[] = {1, 3, 20, ROWS};
    sw_code code = SW_OK;
    for (size_t i = 0; i < sizeof COUNTS / sizeof *COUNTS && code == SW_OK; i++) {
        code = check_product(c, t, true, COUNTS[i], codes);
        if (code == SW_OK)
            code = check_product(c, t, false, COUNTS[i], codes);
    }
    return code;
}

/* ---- attention --------------------------------------------------------------------------------------------------- */

static const tensor_type KV_TYPES[] = {[GPU_KV_F16] = TYPE_F16, [GPU_KV_F32] = TYPE_F32, [GPU_KV_Q8_0] = TYPE_Q8_0};

/* Keys and values of n numbers: codes are any bytes, all else is small. */
static void fill_cached(trial *c, uint8_t *p, size_t n_bytes, size_t n_codes, tensor_type t)
{
    const size_t first = t == TYPE_Q8_0 ? n_codes : 0, step = t == TYPE_F32 ? sizeof(float) : sizeof(uint16_t);
    for (size_t i = 0; i < first; i++)
        p[i] = (uint8_t)(int8_t)((int)(rng_next(&c->rng) % 255) - 127);
    for (size_t i = first; i < n_bytes; i += step) {
        const float v = trial_unit(c);
        if (t == TYPE_F32)
            memcpy(p + i, &v, sizeof v);
        else
            half_store(p + i, v);
    }
}

/* What the definition says of all heads over one span. */
static void attend_here(trial *c, const attend_args *span, const float *q, float *out)
{
    attend_query queries[HEADS];
    float part[HEADS][HEAD];
    attend_args a = *span;
    for (int h = 0; h < HEADS; h++)
        queries[h] = (attend_query){.q = q + h * HEAD, .begin = 0, .end = POSITIONS, .out = part[h]};
    a.queries = queries;
    a.n = HEADS;
    c->k.attend(&a);
    for (int h = 0; h < HEADS; h++) {
        running_softmax total = {-INFINITY, 0};
        running_add(&total, out + h * HEAD, &queries[h].state, part[h], HEAD);
        running_finish(&total, NULL, out + h * HEAD, HEAD);
    }
}

static sw_code check_attention(trial *c, gpu_kv_type type)
{
    const tensor_type t = KV_TYPES[type];
    const size_t key_bytes = kv_key_bytes(t, HEAD), value_bytes = kv_value_bytes(t, HEAD);
    const void *keys[PAGES], *values[PAGES];
    c->n_used = 0;
    uint64_t *const pages = trial_take(c, PAGES * sizeof *pages);
    for (int i = 0; i < PAGES; i++) {
        uint8_t *const page = trial_take(c, key_bytes + value_bytes);
        fill_cached(c, page, key_bytes, kv_key_codes(HEAD), t);
        fill_cached(c, page + key_bytes, value_bytes, kv_value_codes(HEAD), t);
        pages[i] = (uint64_t)(uintptr_t)trial_on(c, page);
        keys[i] = page;
        values[i] = page + key_bytes;
    }
    int32_t *const seq = trial_take(c, sizeof *seq), *const begin = trial_take(c, sizeof *begin),
                   *const end = trial_take(c, sizeof *end);
    gpu_block *const block = trial_take(c, sizeof *block);
    *seq = *begin = 0;
    *end = POSITIONS;
    *block = (gpu_block){0, 1};
    const float *const q = trial_numbers(c, HEADS, HEAD);
    float *const out = trial_take(c, HEADS * HEAD * sizeof *out);
    gpu_attend_args a = {.cache.pages = trial_on(c, pages),
                         .blocks = trial_on(c, block),
                         .q = trial_on(c, q),
                         .seq = trial_on(c, seq),
                         .begin = trial_on(c, begin),
                         .end = trial_on(c, end),
                         .out = trial_on(c, out),
                         .n = HEAD,
                         .d_v = HEAD,
                         .n_heads = HEADS,
                         .heads_per_kv = HEADS,
                         .q_token = HEADS * HEAD,
                         .q_head = HEAD,
                         .out_token = HEADS * HEAD,
                         .out_head = HEAD,
                         .ld_pages = PAGES,
                         .n_spans = 1,
                         .scale = 0.125f,
                         .key_bytes = key_bytes};
    sw_code code = trial_upload(c);
    if (code == SW_OK)
        code = launch_attend(c->stream, &a, type, 1, 1, 1, c->err);
    if (code == SW_OK)
        code = trial_download(c);
    attend_here(
        c,
        &(attend_args){
            .type = t, .d_k = HEAD, .d_v = HEAD, .scale = 0.125f, .keys = keys, .values = values, .n_pages = PAGES},
        q, out);
    char what[64];
    snprintf(what, sizeof what, "attention over %s", type_name(t));
    return code == SW_OK ? trial_floats(c, what, "the result", out, HEADS * HEAD) : code;
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static sw_code check_all(trial *c, const device_check_options *o, const code_rows *codes)
{
    sw_code code = SW_OK;
    for (int i = 0; i < 2 && code == SW_OK; i++) {
        code = check_norm(c, i == 1, codes);
        if (code == SW_OK)
            code = check_gate(c, i == 1, codes);
    }
    for (int t = 0; t < TYPE_N && code == SW_OK; t++)
        code = o->types[t] ? check_products(c, (tensor_type)t, codes) : SW_OK;
    return code == SW_OK ? check_attention(c, o->kv_type) : code;
}

sw_code device_check(device *d, const device_check_options *o, sw_err *err)
{
    trial c = {.d = d, .err = err, .host = mem_calloc(1, TRIAL_ROOM_BYTES), .got = mem_calloc(1, TRIAL_ROOM_BYTES)};
    code_rows codes;
    void *there = NULL;
    sw_code code = SW_OK;
    rng_seed(&c.rng, 1);
    kernels_fill_scalar(&c.k);
    if (!codes_alloc(&codes, ROWS * COLS, ROWS * COLS) || c.host == NULL || c.got == NULL)
        code = sw_fail(err, SW_ENOMEM, "%s: no memory to try the device", d->name);
    if (code == SW_OK)
        code = device_alloc(d, "trying the device", TRIAL_ROOM_BYTES, &there, err);
    c.there = there;
    if (code == SW_OK)
        code = device_stream_open(d, &c.stream, err);
    if (code == SW_OK)
        code = check_all(&c, o, &codes);
    device_stream_close(c.stream);
    device_free(d, there, TRIAL_ROOM_BYTES);
    codes_free(&codes, ROWS * COLS, ROWS * COLS);
    mem_free(c.got);
    mem_free(c.host);
    return code;
}
