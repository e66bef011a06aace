/* test_gpu_driver.c - the way through NVIDIA's driver, with a stand-in for it whose kernels the emulation runs; and the
 * PTX, which is all that the driver sees of a kernel. */
#include "gpu/on_device.h"

#include <dlfcn.h>
#include <regex.h>
#include <stdio.h>

#include "gpu/cuda_driver.h"
#include "gpu/cuda_modules.h"
#include "gpu/emu_run.h"
#include "gpu/segments.h"
#include "gpu/stand_in_cuda.h"
#include "support/faults.h"

#define NEW_DRIVER STAND_IN_CUDA "/libcuda.so.1"
#define OLD_DRIVER STAND_IN_CUDA "_old/libcuda.so.1"

static void *library;
static stand_in_cuda_state *cuda, as_loaded;
static sw_err last;

/* Runs a kernel by its name.  Structs hold addresses of this process. */
static int run_kernel(const char *name, const void *args, const unsigned grid[3], unsigned n_threads)
{
    for (int k = 0; k < N_KERNELS; k++) {
        if (strcmp(KERNEL_FACTS[k].name, name) != 0)
            continue;
        const device_launch l = {
            .kernel = (kernel_id)k, .grid = {grid[0], grid[1], grid[2]}, .n_threads = n_threads, .args = args};
        return emu_run(&l, NULL) == SW_OK ? 0 : 700;
    }
    return 500;
}

static int load(void **state)
{
    (void)state;
    library = dlopen(NEW_DRIVER, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        fail_msg("%s", dlerror());
    cuda = dlsym(library, "stand_in_cuda");
    as_loaded = *cuda;
    cuda->run = run_kernel;
    sw_err_clear(&last);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    *cuda = as_loaded;
    return dlclose(library);
}

static sw_code open_with(const char *driver, const char *name, device **out)
{
    sw_err_clear(&last);
    return device_open(name, &(device_options){.cuda_library = driver}, out, &last);
}

static device *open_device(void)
{
    device *d;
    on_device_ok(open_with(NEW_DRIVER, "cuda:0", &d), &last);
    return d;
}

static void assert_says(const char *words)
{
    if (strstr(last.msg, words) == NULL)
        fail_msg("'%s' does not say '%s'", last.msg, words);
}

static void assert_refused(sw_code code, const char *driver, const char *name, const char *words)
{
    device *d;
    assert_int_equal(open_with(driver, name, &d), code);
    assert_null(d);
    assert_says(words);
    assert_int_equal(cuda->n_live, 0);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static void test_a_machine_without_a_driver_is_told_so(void **state)
{
    (void)state;
    assert_refused(SW_ENOTFOUND, "/nonexistent/libcuda.so.1", "cuda:0", "no NVIDIA driver: /nonexistent/libcuda.so.1");
    assert_says("run without a GPU, or install NVIDIA's driver");
    assert_refused(SW_EUNSUPPORTED, OLD_DRIVER, "cuda:0",
                   "the NVIDIA driver is too old: it has no cuGraphInstantiateWithFlags");
}

static void test_a_driver_that_does_not_start_is_told_so(void **state)
{
    (void)state;
    cuda->failing = "cuInit";
    cuda->result = 100;
    assert_refused(SW_ENOTFOUND, NEW_DRIVER, "cuda:0",
                   "the NVIDIA driver does not start: cuInit: CUDA_ERROR_NO_DEVICE (100)");
    cuda->result = 999;
    assert_refused(SW_EUNSUPPORTED, NEW_DRIVER, "cuda:0", "cuInit: an unknown result (999)");
}

static void test_a_gpu_that_is_not_there_is_refused(void **state)
{
    (void)state;
    assert_refused(SW_ENOTFOUND, NEW_DRIVER, "cuda:1",
                   "cuda:1: there is no such GPU; the NVIDIA driver has 1, from cuda:0 on");
}

static void test_a_gpu_that_is_too_old_is_refused(void **state)
{
    (void)state;
    cuda->major = 6;
    cuda->minor = 1;
    assert_refused(SW_EUNSUPPORTED, NEW_DRIVER, "cuda:0", "compute capability 6.1, and 7.5");
}

static void test_an_open_device_says_what_it_is(void **state)
{
    (void)state;
    size_t free_bytes, total;
    device *const d = open_device();
    assert_string_equal(d->name, "cuda:0");
    assert_string_equal(d->model, "Stand-in 0");
    assert_false(d->is_emulated);
    assert_int_equal(d->capability, 90);
    assert_int_equal(d->n_processors, 132);
    assert_int_equal(device_memory(d, &free_bytes, &total, &last), SW_OK);
    assert_int_equal(free_bytes, 1 << 20);
    assert_int_equal(total, 2 << 20);
    device_close(d);
    assert_int_equal(cuda->n_live, 0);
}

/* ---- everything, and each call failing ----------------------------------------------------------------------------
 */

/* What everything() opens, so that it is closed whatever failed. */
typedef struct things {
    device *d;
    device_stream *s;
    device_event *e;
    device_graph *g;
    void *p, *q, *pinned;
} things;

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        if ((code = (call)) != SW_OK)                                                                                  \
            return code;                                                                                               \
    } while (0)

/* Every function of the interface, on the device `name`: 8 numbers go up, are divided by 2 once and then twice by a
 * graph, and come back. */
static sw_code everything(const char *name, things *t, float y[8])
{
    static const float NUMBERS[8] = {8, 16, 24, 32, 40, 48, 56, 64};
    static char pages[4096];
    sw_code code;
    double us;
    bool has_passed;
    size_t free_bytes, total;
    TRY(open_with(NEW_DRIVER, name, &t->d));
    TRY(device_memory(t->d, &free_bytes, &total, &last));
    TRY(device_alloc(t->d, "numbers", 32, &t->p, &last));
    TRY(device_alloc(t->d, "numbers", 32, &t->q, &last));
    TRY(device_pinned_alloc(t->d, 32, &t->pinned, &last));
    TRY(device_pin(t->d, pages, sizeof pages, &last));
    device_unpin(t->d, pages);
    TRY(device_stream_open(t->d, &t->s, &last));
    TRY(device_event_open(t->d, &t->e, &last));
    memcpy(t->pinned, NUMBERS, sizeof NUMBERS);
    TRY(device_fill(t->s, t->q, 0, 32, &last));
    TRY(device_copy(t->s, t->p, t->pinned, 32, COPY_UP, &last));
    const gpu_divide_args args = {.y = t->p, .n = 8, .by = 2};
    TRY(launch_divide(t->s, &args, &last));
    TRY(device_event_record(t->e, t->s, &last));
    TRY(device_event_join(t->e, t->s, &last));
    TRY(device_capture_begin(t->s, &last));
    TRY(launch_divide(t->s, &args, &last));
    TRY(device_capture_end(t->s, &t->g, &last));
    TRY(device_graph_launch(t->g, t->s, &last));
    TRY(device_graph_launch(t->g, t->s, &last));
    TRY(device_copy(t->s, t->q, t->p, 32, COPY_WITHIN, &last));
    TRY(device_copy(t->s, y, t->q, 32, COPY_DOWN, &last));
    TRY(device_event_passed(t->e, &has_passed, &last));
    TRY(device_event_wait(t->e, &last));
    TRY(device_event_us(t->e, t->e, &us, &last));
    TRY(device_stream_wait(t->s, &last));
    return us == (t->d->is_emulated ? 0 : 1500) && has_passed ? SW_OK : SW_EINVAL;
}

static void close_all(things *t)
{
    if (t->d != NULL) {
        device_graph_close(t->g);
        device_event_close(t->e);
        device_stream_close(t->s);
        device_pinned_free(t->d, t->pinned);
        device_free(t->d, t->p, 32);
        device_free(t->d, t->q, 32);
    }
    device_close(t->d);
    *t = (things){0};
}

static void test_kernels_run_through_the_driver(void **state)
{
    (void)state;
    things t = {0};
    float y[8];
    on_device_ok(everything("cuda:0", &t, y), &last);
    for (int i = 0; i < 8; i++)
        assert_true(y[i] == (float)(i + 1));
    assert_int_equal(cuda->n_launches, 3);
    assert_int_equal(cuda->n_loads, 1); // one file of kernels, once
    assert_int_equal(cuda->target, 80);
    close_all(&t);
    assert_int_equal(cuda->n_live, 0);
}

static void test_turing_gets_the_kernels_that_it_can_run(void **state)
{
    (void)state;
    things t = {0};
    float y[8];
    cuda->major = 7;
    cuda->minor = 5;
    on_device_ok(everything("cuda:0", &t, y), &last);
    assert_int_equal(cuda->target, 75);
    close_all(&t);
}

/* Each call in turn, with every call after it failing too, as with a device that is lost, and alone. */
static void test_an_error_of_any_call_names_it_and_leaves_nothing_behind(void **state)
{
    (void)state;
    static const char *const IGNORED[] = {"cuGetErrorName",     "cuGetErrorString",    "cuDevicePrimaryCtxRelease_v2",
                                          "cuCtxSetCurrent",    "cuModuleUnload",      "cuMemFree_v2",
                                          "cuMemFreeHost",      "cuMemHostUnregister", "cuStreamDestroy_v2",
                                          "cuGraphExecDestroy", "cuGraphDestroy",      "cuEventDestroy_v2"};
    static const char *const CALLS[] = {
#define X(member, symbol, parameters) #symbol,
        CUDA_FUNCTIONS(X)
#undef X
    };
    size_t n_tried = 0;
    for (size_t i = 0; i < 2 * sizeof CALLS / sizeof *CALLS; i++) {
        const char *const call = CALLS[i / 2];
        bool is_ignored = false;
        for (size_t k = 0; k < sizeof IGNORED / sizeof *IGNORED; k++)
            is_ignored = is_ignored || strcmp(IGNORED[k], call) == 0;
        if (is_ignored)
            continue;
        things t = {0};
        float y[8];
        cuda->failing = call;
        cuda->result = 700;
        cuda->is_lost = i % 2 == 0;
        const sw_code code = everything("cuda:0", &t, y);
        if (code == SW_OK)
            fail_msg("%s fails and nothing says so", call);
        assert_says(call);
        assert_says("CUDA_ERROR_ILLEGAL_ADDRESS (700): an illegal memory access was encountered");
        close_all(&t);
        cuda->failing = NULL;
        cuda->has_failed = 0;
        assert_int_equal(cuda->n_live, 0);
        n_tried++;
    }
    assert_int_equal(n_tried, 2 * (sizeof CALLS / sizeof *CALLS - sizeof IGNORED / sizeof *IGNORED));
}

/* Of either kind of device. */
static void test_short_memory_is_an_error_and_leaves_nothing_behind(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"cuda:0", "emu:1MiB"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        long n_allocations = 1;
        for (long fail_at = 0; fail_at < n_allocations; fail_at++) {
            things t = {0};
            float y[8];
            long n_live;
            faults_alloc_begin(fail_at);
            const sw_code code = everything(NAMES[i], &t, y);
            close_all(&t);
            const long n = faults_alloc_end(&n_live);
            assert_true(code == SW_ENOMEM || n <= fail_at);
            assert_int_equal(n_live, 0);
            assert_int_equal(cuda->n_live, 0);
            n_allocations = n > fail_at + 1 ? n : fail_at + 2;
            if (code == SW_OK)
                break;
        }
        assert_true(n_allocations > 4);
    }
}

static void test_the_compilers_words_are_shown(void **state)
{
    (void)state;
    things t = {0};
    float y[8];
    cuda->failing = "cuModuleLoadDataEx";
    cuda->result = 222;
    cuda->version = 11020;
    cuda->jit_log = "ptxas application ptx input, line 5; fatal: Unsupported .version 7.4;\ncurrent version is '7.2'";
    assert_int_equal(everything("cuda:0", &t, y), SW_EUNSUPPORTED);
    assert_says("the NVIDIA driver (CUDA 11.2) cannot compile the kernels of vector: cuModuleLoadDataEx: "
                "CUDA_ERROR_UNSUPPORTED_PTX_VERSION (222)");
    assert_says("Unsupported .version 7.4; current version is '7.2'; install driver 470 or newer");
    close_all(&t);
}

static void test_memory_that_the_gpu_has_not_is_named(void **state)
{
    (void)state;
    device *const d = open_device();
    void *p;
    cuda->failing = "cuMemAlloc_v2";
    cuda->result = 2;
    assert_int_equal(device_alloc(d, "layer 7", 4096, &p, &last), SW_ENOMEM);
    assert_says("cuda:0: no memory for layer 7, 4096 bytes: cuda:0: cuMemAlloc_v2: CUDA_ERROR_OUT_OF_MEMORY (2)");
    assert_null(p);
    assert_int_equal(device_allocated(d), 0);
    device_close(d);
}

/* ---- work that comes again ----------------------------------------------------------------------------------------
 */

/* The same segment several times: numbers go up over bytes that were filled, are divided by 2 and come down. */
static segments_counts give_again(int times, char failure[SW_ERR_MSG_BYTES])
{
    static float given[8] = {8, 16, 24, 32, 40, 48, 56, 64};
    things t = {.d = open_device()};
    segments *kept;
    on_device_ok(device_alloc(t.d, "numbers", sizeof given, &t.p, &last), &last);
    on_device_ok(device_stream_open(t.d, &t.s, &last), &last);
    on_device_ok(segments_open(t.s, &kept, &last), &last);
    segments_begin(kept);
    for (int i = 0; i < times; i++) {
        float y[8] = {0};
        given[0] = (float)(8 + 2 * i);
        on_device_ok(device_fill(t.s, t.p, 0xff, sizeof given, &last), &last);
        on_device_ok(device_copy(t.s, t.p, given, sizeof given, COPY_UP, &last), &last);
        on_device_ok(launch_divide(t.s, &(gpu_divide_args){.y = t.p, .n = 8, .by = 2}, &last), &last);
        on_device_ok(device_stream_flush(t.s, &last), &last);
        on_device_ok(device_copy(t.s, y, t.p, sizeof y, COPY_DOWN, &last), &last);
        on_device_ok(device_stream_wait(t.s, &last), &last);
        assert_true(y[0] == (float)(4 + i) && y[7] == 32);
    }
    const segments_counts c = segments_counted(kept);
    const char *const why = segments_failure(kept);
    strcpy(failure, why != NULL ? why : "");
    segments_close(kept);
    close_all(&t);
    assert_int_equal(cuda->n_live, 0);
    return c;
}

static void test_work_that_comes_again_goes_through_the_driver_as_a_graph(void **state)
{
    (void)state;
    char failure[SW_ERR_MSG_BYTES];
    const segments_counts c = give_again(5, failure);
    assert_true(c.n_captured == 1 && c.n_replayed == 3);
    assert_string_equal(failure, "");
    assert_int_equal(cuda->n_launches, 5);
}

/* Then it is given as before, and the driver's words are kept. */
static void test_a_driver_that_makes_no_graphs_is_given_all_work(void **state)
{
    (void)state;
    static const char *const CALLS[] = {"cuStreamBeginCapture_v2", "cuStreamEndCapture", "cuGraphInstantiateWithFlags"};
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        char failure[SW_ERR_MSG_BYTES];
        cuda->failing = CALLS[i];
        cuda->result = 2;
        cuda->n_launches = 0;
        const segments_counts c = give_again(4, failure);
        assert_true(c.n_captured == 0 && c.n_replayed == 0);
        assert_int_equal(cuda->n_launches, 4);
        if (strstr(failure, CALLS[i]) == NULL || strstr(failure, "CUDA_ERROR_OUT_OF_MEMORY (2)") == NULL)
            fail_msg("'%s' does not say what failed", failure);
        cuda->failing = NULL;
    }
}

/* ---- the PTX ----------------------------------------------------------------------------------------------------- */

static const char *ptx_of(const char *file, int capability)
{
    for (const cuda_ptx *p = CUDA_PTX; p->file != NULL; p++) {
        if (strcmp(p->file, file) == 0 && p->capability == capability)
            return (const char *)p->text;
    }
    return NULL;
}

static void test_every_kernel_is_compiled_for_both_generations(void **state)
{
    (void)state;
    for (int k = 0; k < N_KERNELS; k++) {
        for (int capability = 75; capability <= 80; capability += 5) {
            const char *const text = ptx_of(KERNEL_FACTS[k].file, capability);
            char entry[96];
            snprintf(entry, sizeof entry, ".entry %s(", KERNEL_FACTS[k].name);
            if (text == NULL || strstr(text, entry) == NULL)
                fail_msg("%s.cu for sm_%d has no kernel %s", KERNEL_FACTS[k].file, capability, KERNEL_FACTS[k].name);
        }
    }
}

/* The driver may fuse or approximate an operation that has no rounding, and flush subnormals where it is told to. */
static void test_every_rounding_is_written(void **state)
{
    (void)state;
    regex_t loose;
    regmatch_t at;
    assert_int_equal(regcomp(&loose,
                             "[^.a-z](add|sub|mul|mad|fma|div|sqrt|rcp)([.](full|approx|ftz))*[.]f32|[.]ftz|[.]approx",
                             REG_EXTENDED),
                     0);
    for (const cuda_ptx *p = CUDA_PTX; p->file != NULL; p++) {
        if (regexec(&loose, (const char *)p->text, 1, &at, 0) == 0)
            fail_msg("%s.cu for sm_%d: %.60s", p->file, p->capability, (const char *)p->text + at.rm_so);
    }
    assert_int_equal(regexec(&loose, "\tadd.f32 %f1, %f2, %f3;", 1, &at, 0), 0); // it finds what it is to find
    assert_int_equal(regexec(&loose, "\tdiv.full.f32 %f1;", 1, &at, 0), 0);
    assert_int_equal(regexec(&loose, "\tadd.rn.f32 %f1, %f2, %f3;", 1, &at, 0), REG_NOMATCH);
    regfree(&loose);
}

static void test_a_build_without_kernels_says_so(void **state)
{
    (void)state;
    assert_refused(SW_EUNSUPPORTED, NEW_DRIVER, "cuda:0", "this build has no GPU kernels: ");
    assert_says(CUDA_PTX_MISSING);
}

#define LOADED(name) cmocka_unit_test_setup_teardown(name, load, unload)

int main(void)
{
    const struct CMUnitTest without[] = {LOADED(test_a_machine_without_a_driver_is_told_so),
                                         LOADED(test_a_build_without_kernels_says_so)};
    const struct CMUnitTest with[] = {
        LOADED(test_a_machine_without_a_driver_is_told_so),
        LOADED(test_a_driver_that_does_not_start_is_told_so),
        LOADED(test_a_gpu_that_is_not_there_is_refused),
        LOADED(test_a_gpu_that_is_too_old_is_refused),
        LOADED(test_an_open_device_says_what_it_is),
        LOADED(test_kernels_run_through_the_driver),
        LOADED(test_turing_gets_the_kernels_that_it_can_run),
        LOADED(test_an_error_of_any_call_names_it_and_leaves_nothing_behind),
        LOADED(test_short_memory_is_an_error_and_leaves_nothing_behind),
        LOADED(test_the_compilers_words_are_shown),
        LOADED(test_memory_that_the_gpu_has_not_is_named),
        LOADED(test_work_that_comes_again_goes_through_the_driver_as_a_graph),
        LOADED(test_a_driver_that_makes_no_graphs_is_given_all_work),
        cmocka_unit_test(test_every_kernel_is_compiled_for_both_generations),
        cmocka_unit_test(test_every_rounding_is_written),
    };
    return CUDA_PTX[0].file == NULL ? cmocka_run_group_tests(without, NULL, NULL)
                                    : cmocka_run_group_tests(with, NULL, NULL);
}
