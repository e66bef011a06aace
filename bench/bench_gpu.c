/* bench_gpu.c - what a GPU gives: copies, launches, products of few and of many tokens, attention, the small kernels.
 *
 *     bench_gpu [DEVICE]      default: cuda:0
 *
 * A figure is the median of several rounds between two events, each of a graph that holds the launch many times.  Rates
 * are shown beside the memory's own, measured in the same run.  An emulated device gets small shapes, and its figures
 * say nothing: it shows that the program works.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gguf/types.h"
#include "gpu/devices.h"
#include "gpu/launches.h"
#include "quant/tile.h"

enum { ROUNDS = 7, IN_GRAPH = 20, ARRAYS_MAX = 256 };

static device *gpu;
static device_stream *stream;
static device_event *begin, *end;
static sw_err err;
static double memory_rate; // GB/s
static struct {
    void *p;
    size_t n_bytes;
} arrays[ARRAYS_MAX];
static size_t n_arrays;

static void check(sw_code code)
{
    if (code == SW_OK)
        return;
    fprintf(stderr, "bench_gpu: %s\n", err.msg);
    exit(EXIT_FAILURE);
}

/* An array of bytes of 0x11: numbers near zero in every format. */
static void *new_array(size_t n_bytes)
{
    void *p;
    if (n_arrays == ARRAYS_MAX)
        exit(EXIT_FAILURE);
    check(device_alloc(gpu, "a measurement", n_bytes, &p, &err));
    check(device_fill(stream, p, 0x11, n_bytes, &err));
    arrays[n_arrays].p = p;
    arrays[n_arrays++].n_bytes = n_bytes;
    return p;
}

/* The same with content. */
static void *new_copy(const void *from, size_t n_bytes)
{
    void *const p = new_array(n_bytes);
    check(device_copy(stream, p, from, n_bytes, COPY_UP, &err));
    check(device_stream_wait(stream, &err));
    return p;
}

static void free_arrays(void)
{
    check(device_stream_wait(stream, &err));
    while (n_arrays > 0) {
        n_arrays--;
        device_free(gpu, arrays[n_arrays].p, arrays[n_arrays].n_bytes);
    }
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef void (*work_fn)(void *ud); // gives work to the stream

/* Median microseconds of one piece of work. */
static double time_work(work_fn work, void *ud)
{
    device_graph *graph;
    double us[ROUNDS];
    work(ud); // the driver compiles it now
    check(device_stream_wait(stream, &err));
    check(device_capture_begin(stream, &err));
    for (int i = 0; i < (gpu->is_emulated ? 1 : IN_GRAPH); i++)
        work(ud);
    check(device_capture_end(stream, &graph, &err));
    for (int i = 0; i < (gpu->is_emulated ? 1 : ROUNDS); i++) {
        check(device_event_record(begin, stream, &err));
        check(device_graph_launch(graph, stream, &err));
        check(device_event_record(end, stream, &err));
        check(device_event_wait(end, &err));
        check(device_event_us(begin, end, &us[i], &err));
        us[i] /= IN_GRAPH;
    }
    device_graph_close(graph);
    if (gpu->is_emulated)
        return 0;
    qsort(us, ROUNDS, sizeof *us, compare);
    return us[ROUNDS / 2];
}

static double per_us(double n, double us) // in thousands of millions a second
{
    return us > 0 ? n / us * 1e-3 : 0;
}

/* Smaller on an emulated device. */
static int sized(int n, int emulated)
{
    return gpu->is_emulated ? emulated : n;
}

/* ---- copies and launches ----------------------------------------------------------------------------------------- */

typedef struct copy_work {
    void *to;
    const void *from;
    size_t n_bytes;
    device_way way;
} copy_work;

static void give_copy(void *ud)
{
    const copy_work *const c = ud;
    check(device_copy(stream, c->to, c->from, c->n_bytes, c->way, &err));
}

static void give_divide(void *ud)
{
    check(launch_divide(stream, ud, &err));
}

static void measure_copies(void)
{
    const size_t n = (size_t)sized(256, 1) << 20;
    void *pinned, *const a = new_array(n), *const b = new_array(n);
    check(device_pinned_alloc(gpu, n, &pinned, &err));
    memset(pinned, 1, n);
    const double within = time_work(give_copy, &(copy_work){a, b, n, COPY_WITHIN});
    const double up = time_work(give_copy, &(copy_work){a, pinned, n, COPY_UP});
    const double down = time_work(give_copy, &(copy_work){pinned, a, n, COPY_DOWN});
    const double launch = time_work(give_divide, &(gpu_divide_args){.y = a, .n = 1, .by = 1});
    memory_rate = per_us(2 * (double)n, within);
    printf(
        "memory %.0f GB/s, read and written; pinned memory up %.1f GB/s, down %.1f GB/s; a launch in a graph %.2f us\n",
        memory_rate, per_us((double)n, up), per_us((double)n, down), launch);
    device_pinned_free(gpu, pinned);
    free_arrays();
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

typedef struct product_job {
    gpu_product_args args;
    gpu_format format;
    int n_slots, n_most;
} product_job;

static void give_product(void *ud)
{
    const product_job *const p = ud;
    check(launch_product(stream, &p->args, p->format, p->n_slots, p->n_most, &err));
}

static gpu_acts new_acts(size_t n_rows, size_t n)
{
    return (gpu_acts){.f32 = new_array(n_rows * n * 4),
                      .code = new_array(n_rows * n),
                      .fine = new_array(n_rows * n),
                      .scale = new_array(n_rows * n / 8),
                      .sum = new_array(n_rows * n / 8),
                      .half_sum = new_array(n_rows * n / 4)};
}

/* n_matrices of n_rows x n_cols, each times n tokens of its own. */
static void measure_product(tensor_type type, int n_matrices, int n_rows, int n_cols, int n)
{
    product_job p = {.n_slots = n_matrices, .n_most = n};
    const size_t tile_bytes = tile_size(type, (uint64_t)n_cols), n_tiles = tile_count((uint64_t)n_rows),
                 places = (size_t)(n_matrices * n);
    const double bytes = (double)n_matrices * (double)(n_tiles * tile_bytes);
    if (!launch_format(type, &p.format))
        return;
    p.args = (gpu_product_args){.tiles = new_array((size_t)bytes),
                                .x = new_acts(places, (size_t)n_cols),
                                .y = new_array(places * n_tiles * 64),
                                .n = n_cols,
                                .n_places = n,
                                .n_tiles = (int)n_tiles,
                                .y_row = (int)n_tiles * 16,
                                .ld = (int)places,
                                .tile_bytes = tile_bytes,
                                .matrix_bytes = n_tiles * tile_bytes};
    const double us = time_work(give_product, &p), rate = per_us(bytes, us);
    printf("%-7s %3d x (%6d x %5d) x %4d tokens  %9.2f us  %7.1f GB/s  %5.1f %%  %7.2f tera-operations/s\n",
           type_name(type), n_matrices, n_rows, n_cols, n, us, rate, memory_rate > 0 ? 100 * rate / memory_rate : 0.0,
           per_us(2.0 * n_matrices * n_rows * n_cols * n, us) * 1e-3);
    free_arrays();
}

static void measure_products(void)
{
    static const tensor_type TYPES[] = {TYPE_MXFP4, TYPE_Q8_0, TYPE_Q4_K, TYPE_Q6_K, TYPE_Q5_K, TYPE_IQ4_NL};
    const int d = sized(2816, 256); // whole blocks of every format
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        measure_product(TYPES[i], 1, d, d, 1);
        measure_product(TYPES[i], 4, d, d, 1);
        measure_product(TYPES[i], 1, sized(200704, 64), d, 1);
        measure_product(TYPES[i], 1, d, d, 4);
        measure_product(TYPES[i], 1, d, d, sized(512, 33));
        measure_product(TYPES[i], sized(32, 2), d, d, sized(64, 33));
    }
    measure_product(TYPE_F32, 1, 32, d, 1);
    measure_product(TYPE_F32, 1, 32, d, sized(512, 9));
}

/* ---- attention and the small kernels ------------------------------------------------------------------------------
 */

typedef struct attend_work {
    gpu_attend_args args;
    int n_blocks, n_kv, n_tokens;
} attend_work;

static void give_attention(void *ud)
{
    attend_work *const w = ud;
    check(launch_attend(stream, &w->args, GPU_KV_F16, w->n_blocks, w->n_kv, w->n_tokens, &err));
}

/* One token of gpt-oss's shape: 64 heads of 64 over 8 KV heads, F16. */
static void measure_attention(int n_positions)
{
    enum { D = 64, KV = 8, HEADS = 64, HEAD_BYTES = 2 * D * 32 * 2 };
    const int n_pages = (n_positions + 31) / 32, n_spans = (n_pages + 31) / 32, zero = 0;
    const gpu_block block = {0, 1};
    uint8_t *const memory = new_array((size_t)n_pages * KV * HEAD_BYTES);
    uint64_t *const pages = malloc((size_t)n_pages * sizeof *pages);
    for (int i = 0; pages != NULL && i < n_pages; i++)
        pages[i] = (uint64_t)(uintptr_t)(memory + (size_t)i * KV * HEAD_BYTES);
    attend_work w = {.n_blocks = 1, .n_kv = KV, .n_tokens = 1};
    w.args = (gpu_attend_args){.cache.pages = new_copy(pages, (size_t)n_pages * sizeof *pages),
                               .blocks = new_copy(&block, sizeof block),
                               .q = new_array(HEADS * D * 4),
                               .seq = new_copy(&zero, 4),
                               .begin = new_copy(&zero, 4),
                               .end = new_copy(&n_positions, 4),
                               .out = new_array(HEADS * D * 4),
                               .span_out = new_array((size_t)(HEADS * D * n_spans) * 4),
                               .span_state = new_array((size_t)(HEADS * n_spans) * 8),
                               .n = D,
                               .d_v = D,
                               .n_heads = HEADS,
                               .heads_per_kv = HEADS / KV,
                               .q_token = HEADS * D,
                               .q_head = D,
                               .out_token = HEADS * D,
                               .out_head = D,
                               .ld_pages = n_pages,
                               .n_spans = n_spans,
                               .is_split = n_spans > 1,
                               .scale = 0.125f,
                               .head_bytes = HEAD_BYTES,
                               .key_bytes = HEAD_BYTES / 2};
    const double us = time_work(give_attention, &w), rate = per_us((double)n_pages * KV * HEAD_BYTES, us);
    printf("attention, 64 heads of 64, F16, %6d positions  %9.2f us  %7.1f GB/s\n", n_positions, us, rate);
    free(pages);
    free_arrays();
}

static void give_norm(void *ud)
{
    check(launch_norm(stream, ud, 1, 1, &err));
}

static void give_route(void *ud)
{
    check(launch_route(stream, ud, 1, &err));
}

static void measure_small(void)
{
    enum { N = 2880 };
    const gpu_acts y = new_acts(1, N);
    printf("norm and codes of %d elements  %.2f us\n", N,
           time_work(give_norm,
                     &(gpu_norm_args){
                         .x = new_array(N * 4), .weight = new_array(N * 4), .y = y, .n = N, .ld = 1, .eps = 1e-5f}));
    printf("4 of 32 experts  %.2f us\n", time_work(give_route, &(gpu_route_args){.logits = new_array(128),
                                                                                 .chosen = new_array(16),
                                                                                 .weights = new_array(16),
                                                                                 .n = 32,
                                                                                 .n_used = 4,
                                                                                 .ld = 32,
                                                                                 .n_groups = 1,
                                                                                 .n_groups_used = 1,
                                                                                 .gating = GPU_GATE_TOPK_SOFTMAX,
                                                                                 .scale = 1}));
    free_arrays();
}

int main(int argc, char **argv)
{
    check(device_open(argc > 1 ? argv[1] : "cuda:0", NULL, &gpu, &err));
    check(device_stream_open(gpu, &stream, &err));
    check(device_event_open(gpu, &begin, &err));
    check(device_event_open(gpu, &end, &err));
    printf("%s: %s, %d multiprocessors%s\n", gpu->name, gpu->model, gpu->n_processors,
           gpu->is_emulated ? "; emulated: the figures below are none" : "");
    measure_copies();
    measure_products();
    measure_attention(sized(1024, 64));
    measure_attention(sized(8192, 1100));
    measure_attention(sized(65536, 32));
    measure_small();
    device_event_close(begin);
    device_event_close(end);
    device_stream_close(stream);
    device_close(gpu);
    return 0;
}
