/* test_gpu_mistakes.c - mistakes that are planted in the operations of kernels, so that it is known what the
 * comparisons with the scalar definition would show: every mistake changes the results of the kernels that use the
 * operation, or is an error. */
#include "gpu/on_device.h"

#include "gpu/emu_run.h"

enum { RESULT_MAX = 64 << 10 };

/* What a kernel made of its inputs, which are always the same. */
typedef struct result {
    unsigned char bytes[RESULT_MAX];
    size_t n_bytes;
    sw_code code;
} result;

static rng_state r;
static sw_err last;

static void *numbers(size_t n)
{
    float *const x = malloc(n * 4);
    for (size_t i = 0; i < n; i++)
        x[i] = 3 * check_unit(&r);
    void *const p = on_device_new(x, n * 4);
    free(x);
    return p;
}

/* Random bytes are tiles; where halves are, they are small numbers, so that sums stay finite. */
static void *tiles(size_t n)
{
    uint8_t *const t = malloc(n);
    for (size_t i = 0; i < n; i++)
        t[i] = (uint8_t)(rng_next(&r) % 112);
    void *const p = on_device_new(t, n);
    free(t);
    return p;
}

static void *halves(size_t n)
{
    uint16_t *const h = malloc(2 * n);
    for (size_t i = 0; i < n; i++)
        h[i] = f16_from_f32(check_unit(&r));
    void *const p = on_device_new(h, 2 * n);
    free(h);
    return p;
}

static gpu_acts acts(size_t n_rows, size_t n)
{
    const gpu_acts a = {.f32 = numbers(n_rows * n),
                        .code = on_device_new(NULL, n_rows * n),
                        .fine = on_device_new(NULL, n_rows * n),
                        .scale = on_device_new(NULL, n_rows * n / 8),
                        .sum = on_device_new(NULL, n_rows * n / 8),
                        .half_sum = on_device_new(NULL, n_rows * n / 4)};
    ON_DEVICE(launch_quantize, (&(gpu_quantize_args){.y = a, .n = (int)n, .ld = (int)n_rows}), (int)n_rows);
    return a;
}

static void take(result *to, const void *from, size_t n_bytes)
{
    to->n_bytes = n_bytes;
    sw_err_clear(&last);
    to->code = device_copy(on_stream, to->bytes, from, n_bytes, COPY_DOWN, &last);
    if (to->code == SW_OK)
        to->code = device_stream_wait(on_stream, &last);
}

static void norm(result *to)
{
    enum { ROWS = 100, N = 80 }; // a rounding shows in some rows
    const gpu_norm_args a = {.x = numbers(ROWS * N),
                             .weight = numbers(N),
                             .y.f32 = on_device_new(NULL, ROWS * N * 4),
                             .n = N,
                             .x_outer = N,
                             .y_outer = N,
                             .is_layernorm = 1,
                             .eps = 1e-5f};
    on_device_ok(
        device_run(on_stream,
                   &(device_launch){.kernel = KERNEL_norm_rows, .grid = {1, ROWS, 1}, .n_threads = 64, .args = &a},
                   &last),
        &last);
    take(to, a.y.f32, ROWS * N * 4);
}

static void quantize(result *to)
{
    const gpu_acts a = acts(3, 256);
    take(to, a.code, 3 * 256);
}

static void product(result *to, gpu_format format, int n_cols, size_t tile_bytes, int n)
{
    enum { TILES = 5 };
    const gpu_product_args a = {.tiles = tiles(TILES * tile_bytes),
                                .x = acts((size_t)n, (size_t)n_cols),
                                .y = on_device_new(NULL, (size_t)(n * TILES * 64)),
                                .n = n_cols,
                                .n_places = n,
                                .n_tiles = TILES,
                                .y_row = TILES * 16,
                                .ld = n,
                                .tile_bytes = tile_bytes};
    ON_DEVICE(launch_product, &a, format, 1, n);
    take(to, a.y, (size_t)(n * TILES * 64));
}

static void few(result *to)
{
    product(to, GPU_Q4_K, 3072, 12 * 2304, 3);
}

static void many(result *to)
{
    product(to, GPU_Q8_0, 256, 8 * 544, 20);
}

static void plain(result *to)
{
    product(to, GPU_F16, 256, 256 * 32, 9);
}

static void attend(result *to)
{
    enum { D = 64, HEADS = 4, POSITIONS = 150, PAGES = 5 };
    static const int32_t ZERO = 0, END = POSITIONS;
    static const gpu_block BLOCK = {0, 1};
    uint64_t pages[PAGES];
    for (int i = 0; i < PAGES; i++)
        pages[i] = (uint64_t)(uintptr_t)halves(2 * D * 32);
    gpu_attend_args a = {.cache.pages = on_device_new(pages, sizeof pages),
                         .blocks = on_device_new(&BLOCK, sizeof BLOCK),
                         .q = numbers(HEADS * D),
                         .seq = on_device_new(&ZERO, 4),
                         .begin = on_device_new(&ZERO, 4),
                         .end = on_device_new(&END, 4),
                         .out = on_device_new(NULL, HEADS * D * 4),
                         .n = D,
                         .d_v = D,
                         .n_heads = HEADS,
                         .heads_per_kv = HEADS,
                         .q_token = HEADS * D,
                         .q_head = D,
                         .out_token = HEADS * D,
                         .out_head = D,
                         .ld_pages = PAGES,
                         .n_spans = 1,
                         .scale = 0.1f,
                         .key_bytes = D * 32 * 2};
    ON_DEVICE(launch_attend, &a, GPU_KV_F16, 1, 1, 1);
    take(to, a.out, HEADS * D * 4);
}

static void route(result *to)
{
    enum { N = 64, USED = 6, TOKENS = 4 };
    const gpu_route_args a = {.logits = numbers(N * TOKENS),
                              .chosen = on_device_new(NULL, USED * TOKENS * 4),
                              .weights = on_device_new(NULL, USED * TOKENS * 4),
                              .n = N,
                              .n_used = USED,
                              .ld = N,
                              .n_groups = 1,
                              .n_groups_used = 1,
                              .gating = GPU_GATE_SOFTMAX,
                              .scale = 1};
    ON_DEVICE(launch_route, &a, TOKENS);
    take(to, a.weights, USED * TOKENS * 4);
}

typedef enum probe { NORM, QUANTIZE, FEW, MANY, PLAIN, ATTEND, ROUTE, N_PROBES } probe;
static void (*const PROBES[N_PROBES])(result *to) = {norm, quantize, few, many, plain, attend, route};
static const char *const NAMES[N_PROBES] = {"norm", "quantize", "few", "many", "plain", "attend", "route"};
static result right[N_PROBES], wrong;

static void run(probe p, emu_mistake mistake, result *to)
{
    rng_seed(&r, (uint64_t)p + 1);
    on_device_open(NULL);
    emu_plant(mistake);
    PROBES[p](to);
    emu_plant(EMU_NO_MISTAKE);
    on_device_close(NULL);
}

/* The kernels in which a mistake must show. */
#define IN(p) (1u << (p))
static const unsigned SHOWS[N_EMU_MISTAKES] = {
    [EMU_NO_MISTAKE] = 0,
    [EMU_BARRIER_SKIPPED] = IN(NORM) | IN(FEW) | IN(MANY) | IN(PLAIN) | IN(ATTEND),
    [EMU_BARRIER_MISSED] = IN(NORM) | IN(FEW) | IN(MANY) | IN(PLAIN) | IN(ATTEND),
    [EMU_COPY_NOT_AWAITED] = IN(MANY) | IN(PLAIN),
    [EMU_SHUFFLE_OFF_BY_ONE] = IN(NORM) | IN(QUANTIZE) | IN(ATTEND) | IN(ROUTE),
    [EMU_ROWS_SWAPPED] = IN(FEW) | IN(MANY),
    [EMU_ROUNDED_TWICE] = IN(NORM) | IN(FEW) | IN(MANY) | IN(PLAIN) | IN(ATTEND) | IN(ROUTE),
    [EMU_ROUNDED_DOWN] = IN(QUANTIZE) | IN(FEW) | IN(MANY) | IN(ATTEND) | IN(ROUTE),
    [EMU_SCALE_OF_NEIGHBOUR] = IN(FEW) | IN(MANY) | IN(PLAIN) | IN(ATTEND),
};

static void test_every_planted_mistake_shows(void **state)
{
    (void)state;
    for (int p = 0; p < N_PROBES; p++) {
        run((probe)p, EMU_NO_MISTAKE, &right[p]);
        on_device_ok(right[p].code, &last);
    }
    for (int m = EMU_NO_MISTAKE; m < N_EMU_MISTAKES; m++) {
        for (int p = 0; p < N_PROBES; p++) {
            run((probe)p, (emu_mistake)m, &wrong);
            const bool shows = wrong.code != SW_OK || memcmp(wrong.bytes, right[p].bytes, right[p].n_bytes) != 0;
            if ((SHOWS[m] & IN(p)) != 0 && !shows)
                fail_msg("mistake %d does not show in %s", m, NAMES[p]);
            if (m == EMU_NO_MISTAKE && shows)
                fail_msg("%s gives two results", NAMES[p]);
        }
    }
}

static void test_a_kernel_that_breaks_a_rule_is_an_error(void **state)
{
    (void)state;
    run(NORM, EMU_BARRIER_MISSED, &wrong);
    assert_int_equal(wrong.code, SW_EIO);
    assert_non_null(strstr(last.msg, "kernel norm_rows, block 0,0,0"));
    run(MANY, EMU_COPY_NOT_AWAITED, &wrong);
    assert_int_equal(wrong.code, SW_EIO);
    assert_non_null(strstr(last.msg, "a thread ends while its copies are under way"));
    run(NORM, EMU_NO_MISTAKE, &wrong); // the fibers that were left in the middle begin anew
    assert_int_equal(wrong.code, SW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_planted_mistake_shows),
        cmocka_unit_test(test_a_kernel_that_breaks_a_rule_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
