/* test_gpu_products.c - products of every format under emulation, bit by bit against the scalar definition: for few and
 * for many tokens, one matrix and stacks, places of their own and gathered ones. */
#include "gpu/on_device.h"

#include <stdio.h>

#include "kernels/product_inputs.h"
#include "kernels/variants.h"

static kernels scalar;

/* The activations of make_acts on the device, in the kernels' layout: scales of neighbouring rows are neighbours. */
static gpu_acts put_acts(const act_rows *x, size_t n_rows, size_t ld)
{
    const size_t n = n_rows * x->n_cols, groups = x->n_cols / 32;
    float *const scale = calloc(groups * ld, 4), *const sum = calloc(groups * ld, 4),
                 *const half = calloc(2 * groups * ld, 4);
    for (size_t row = 0; row < n_rows; row++) {
        for (size_t g = 0; g < groups; g++) {
            const size_t from = row * groups + g;
            scale[g * ld + row] = x->codes.scale[from];
            sum[g * ld + row] = x->codes.scaled_sum[from];
            for (size_t h = 0; h < 2; h++)
                half[(2 * g + h) * ld + row] = x->codes.scale[from] * (float)x->codes.sum[2 * from + h];
        }
    }
    const gpu_acts a = {.f32 = on_device_new(x->f32, n * 4),
                        .code = on_device_new(x->codes.code, n),
                        .fine = on_device_new(x->codes.fine, n),
                        .scale = on_device_new(scale, groups * ld * 4),
                        .sum = on_device_new(sum, groups * ld * 4),
                        .half_sum = on_device_new(half, 2 * groups * ld * 4)};
    free(scale), free(sum), free(half);
    return a;
}

/* A stack of matrices and what is multiplied with it. */
typedef struct trial {
    tensor_type type;
    content content;
    size_t n_matrices, n_tiles, n_cols;
    size_t n_slots, n_most;                   // places of a slot, at most
    bool is_gathered, has_bias, is_scattered; // rows by index; biases; every matrix at an address of its own
} trial;

enum { ACTS = 40 };

/* Places of each slot: all the same, or between none and n_most. */
static size_t make_places(const trial *t, bool is_even, int32_t *first, rng_state *r)
{
    first[0] = 0;
    for (size_t s = 0; s < t->n_slots; s++)
        first[s + 1] = first[s] + (int32_t)(is_even || s == 0 ? t->n_most : rng_next(r) % (t->n_most + 1));
    return (size_t)first[t->n_slots];
}

static void compute_expected(const trial *t, const uint8_t *tiles, const float *bias, const act_rows *x,
                             const int32_t *matrix, const int32_t *first, const int32_t *index, float *y, size_t ld)
{
    for (size_t s = 0; s < t->n_slots; s++) {
        const size_t m = (size_t)matrix[s], n = (size_t)(first[s + 1] - first[s]), rows = t->n_tiles * TILE_ROWS;
        act_rows own = *x;
        own.index = index + first[s];
        if (n > 0)
            scalar.matmul[t->type](tiles + m * t->n_tiles * tile_size(t->type, t->n_cols), t->n_tiles, &own, n,
                                   y + (size_t)first[s] * ld, ld);
        for (size_t i = 0; t->has_bias && i < n * rows; i++)
            y[((size_t)first[s] + i / rows) * ld + i % rows] += bias[m * rows + i % rows];
    }
}

/* The address of every matrix, or of every bias. */
static uint64_t *addresses(const uint8_t *first, size_t n, size_t apart)
{
    uint64_t list[64];
    for (size_t i = 0; i < n; i++)
        list[i] = (uint64_t)(uintptr_t)(first + i * apart);
    return on_device_new(list, n * sizeof *list);
}

static void try(const trial *t, rng_state *r)
{
    const size_t rows = t->n_tiles * TILE_ROWS, ld = rows + 4,
                 matrix_bytes = t->n_tiles * tile_size(t->type, t->n_cols);
    uint8_t *const tiles = make_tiles(t->type, t->content, t->n_matrices * t->n_tiles, t->n_cols, r);
    act_rows x = make_acts(t->content, ACTS, t->n_cols, r);
    float *const bias = malloc(t->n_matrices * rows * 4);
    int32_t first[65], matrix[64], *const index = malloc((t->n_slots * t->n_most + 1) * 4);
    gpu_format format;
    assert_true(launch_format(t->type, &format));
    const bool is_even = rng_next(r) % 2 == 0;
    const size_t n = make_places(t, is_even, first, r), bytes = n * ld * 4;
    for (size_t s = 0; s < t->n_slots; s++)
        matrix[s] = t->n_slots == t->n_matrices ? (int32_t)s : (int32_t)(rng_next(r) % t->n_matrices);
    for (size_t i = 0; i < n; i++)
        index[i] = t->is_gathered ? (int32_t)(rng_next(r) % ACTS) : (int32_t)i;
    for (size_t i = 0; i < t->n_matrices * rows; i++)
        bias[i] = check_unit(r);

    float *const expected = check_new(bytes), *const got = check_new(bytes);
    compute_expected(t, tiles, bias, &x, matrix, first, index, expected, ld);
    const uint8_t *const on_tiles = on_device_new(tiles, t->n_matrices * matrix_bytes), *const on_bias = on_device_new(
                                                                                            bias,
                                                                                            t->n_matrices * rows * 4);
    gpu_product_args a = {.x = put_acts(&x, ACTS, ACTS + 1),

                          .n = (int)t->n_cols,
                          .n_places = (int)t->n_most,
                          .n_tiles = (int)t->n_tiles,
                          .y_row = (int)ld,
                          .ld = ACTS + 1,
                          .tile_bytes = tile_size(t->type, t->n_cols),
                          .matrix_bytes = matrix_bytes};
    memset(got, CHECK_CANARY, bytes);
    a.y = on_device_new(got, bytes);
    if (t->is_scattered)
        a.tiles_of = addresses(on_tiles, t->n_matrices, matrix_bytes);
    else
        a.tiles = on_tiles;
    if (t->has_bias && t->is_scattered)
        a.bias_of = addresses(on_bias, t->n_matrices, rows * 4);
    else if (t->has_bias)
        a.bias = (const float *)(const void *)on_bias;
    if (!is_even)
        a.first = on_device_new(first, (t->n_slots + 1) * 4);
    if (t->n_slots != t->n_matrices)
        a.matrix = on_device_new(matrix, t->n_slots * 4);
    if (t->is_gathered)
        a.index = on_device_new(index, n * 4);
    ON_DEVICE(launch_product, &a, format, (int)t->n_slots, (int)t->n_most);
    on_device_get(got, a.y, bytes);
    char what[160];
    snprintf(what, sizeof what, "%s, content %d, %zu slots of %zu of %zu matrices, %zu tiles, %zu columns",
             type_name(t->type), t->content, t->n_slots, t->n_most, t->n_matrices, t->n_tiles, t->n_cols);
    check_equal(what, "the device", expected, got, n * ld); // the gaps between rows are canary in both
    check_free(expected, bytes);
    check_free(got, bytes);
    free_acts(&x, ACTS);
    check_free(tiles, t->n_matrices * matrix_bytes);
    free(bias), free(index);
}

static size_t whole(tensor_type t, size_t n)
{
    const size_t block = type_get((uint32_t)t)->block_elems;
    return (n + block - 1) / block * block;
}

/* The next format from t on that a kernel computes with, or TYPE_N. */
static tensor_type next_format(tensor_type t)
{
    gpu_format format;
    while (t < TYPE_N && !launch_format(t, &format))
        t++;
    return t;
}

#define EACH_FORMAT(t) for (tensor_type t = next_format((tensor_type)0); t < TYPE_N; t = next_format(t + 1))

static void test_every_format_of_the_instruction_sets_has_kernels(void **state)
{
    (void)state;
    gpu_format format;
#define HAS_KERNELS(NAME, name) assert_true(launch_format(TYPE_##NAME, &format) && format == GPU_##NAME);
    PLAIN_FORMATS(HAS_KERNELS)
    SIMD_FORMATS(HAS_KERNELS)
    assert_false(launch_format(TYPE_N, &format));
}

static void test_products_for_any_number_of_tokens_have_the_definitions_bits(void **state)
{
    (void)state;
    static const size_t COUNTS[] = {1, 2, 3, 4, 5, 7, 8, 9, 32, 33};
    rng_state r;
    rng_seed(&r, 1);
    EACH_FORMAT(t)
    {
        for (size_t i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++)
            try(&(trial){.type = t,
                         .n_matrices = 1,
                         .n_tiles = 1 + rng_next(&r) % 5,
                         .n_cols = whole(t, 96),
                         .n_slots = 1,
                         .n_most = COUNTS[i],
                         .is_gathered = i % 2 == 1,
                         .has_bias = i % 3 == 0},
                &r);
    }
}

static void test_products_over_many_blocks_of_k_have_the_definitions_bits(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 2);
    EACH_FORMAT(t)
    {
        // More than one pass of 96 groups, stages that are not full, and 128 places.
        try(&(trial){.type = t, .n_matrices = 1, .n_tiles = 1, .n_cols = whole(t, 3168), .n_slots = 1, .n_most = 1},
            &r);
        try(&(trial){.type = t,
                     .n_matrices = 1,
                     .n_tiles = 1,
                     .n_cols = whole(t, 3168),
                     .n_slots = 1,
                     .n_most = 4,
                     .is_gathered = true},
            &r);
        try(&(trial){.type = t,
                     .n_matrices = 1,
                     .n_tiles = 2,
                     .n_cols = whole(t, 416),
                     .n_slots = 1,
                     .n_most = 128,
                     .is_gathered = true},
            &r);
    }
}

static void test_stacks_of_experts_have_the_definitions_bits(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 3);
    EACH_FORMAT(t)
    {
        for (size_t i = 0; i < 4; i++)
            try(&(trial){.type = t,
                         .n_matrices = 5,
                         .n_tiles = 2,
                         .n_cols = whole(t, 64),
                         .n_slots = i < 2 ? 5 : 3,
                         .n_most = (const size_t[]){1, 4, 9, 40}[i],
                         .is_gathered = true,
                         .has_bias = i % 2 == 0,
                         .is_scattered = i >= 2},
                &r);
    }
}

static void test_extreme_products_have_the_definitions_bits(void **state)
{
    (void)state;
    rng_state r;
    rng_seed(&r, 4);
    EACH_FORMAT(t)
    {
        for (int c = WILD; c < N_CONTENTS; c++) {
            try(&(trial){.type = t,
                         .content = (content)c,
                         .n_matrices = 1,
                         .n_tiles = 1,
                         .n_cols = 256,
                         .n_slots = 1,
                         .n_most = 1},
                &r);
            try(&(trial){.type = t,
                         .content = (content)c,
                         .n_matrices = 1,
                         .n_tiles = 1,
                         .n_cols = 256,
                         .n_slots = 1,
                         .n_most = 3,
                         .is_gathered = true},
                &r);
            try(&(trial){.type = t,
                         .content = (content)c,
                         .n_matrices = 1,
                         .n_tiles = 2,
                         .n_cols = 512,
                         .n_slots = 1,
                         .n_most = 34,
                         .is_gathered = true},
                &r);
        }
    }
}

#define ON(name) cmocka_unit_test_setup_teardown(name, on_device_open, on_device_close)

int main(void)
{
    kernels_fill_scalar(&scalar);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_format_of_the_instruction_sets_has_kernels),
        ON(test_products_for_any_number_of_tokens_have_the_definitions_bits),
        ON(test_products_over_many_blocks_of_k_have_the_definitions_bits),
        ON(test_stacks_of_experts_have_the_definitions_bits),
        ON(test_extreme_products_have_the_definitions_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
