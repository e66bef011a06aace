/* test_gpu_segments.c - work that comes again is given as a graph, and nothing else ever is. */
#include "gpu/on_device.h"

#include "gpu/segments.h"

enum { N = 8, BYTES = N * sizeof(float) };

static segments *s;
static sw_err last;
static float *there, *other; // (N), on the device
static float *given, *got;   // (N), pinned

static void ok(sw_code code)
{
    on_device_ok(code, &last);
}

static int open_segments(void **state)
{
    on_device_open(state);
    sw_err_clear(&last);
    void *pinned;
    ok(device_pinned_alloc(on_device, 2 * BYTES, &pinned, &last));
    given = pinned;
    got = given + N;
    there = on_device_new(NULL, BYTES);
    other = on_device_new(NULL, BYTES);
    for (int i = 0; i < N; i++)
        given[i] = (float)(16 * i);
    ok(segments_open(on_stream, &s, &last));
    segments_begin(s);
    return 0;
}

static int close_segments(void **state)
{
    segments_close(s);
    segments_close(NULL);
    device_pinned_free(on_device, given);
    return on_device_close(state);
}

static void expect_counts(uint64_t direct, uint64_t captured, uint64_t replayed)
{
    const segments_counts c = segments_counted(s);
    assert_int_equal(c.n_direct, direct);
    assert_int_equal(c.n_captured, captured);
    assert_int_equal(c.n_replayed, replayed);
}

/* ---- the same work ----------------------------------------------------------------------------------------------- */

/* A segment, and everything in it that can differ. */
typedef struct job {
    float *p;       // where the numbers go
    size_t n_bytes; // of them, the copy up
    int byte;       // that they are filled with before
    float by;       // that they are divided by
    int n;          // how many of them
    uint32_t grid, n_threads;
} job;

/* Numbers go up to bytes that were filled, some are divided, all come down. */
static void give(const job *j)
{
    const gpu_divide_args args = {.y = j->p, .n = j->n, .by = j->by};
    const device_launch launch = {
        .kernel = KERNEL_divide_rows, .grid = {j->grid, 1, 1}, .n_threads = j->n_threads, .args = &args};
    memset(got, 0xaa, BYTES);
    ok(device_fill(on_stream, j->p, j->byte, BYTES, &last));
    ok(device_copy(on_stream, j->p, given, j->n_bytes, COPY_UP, &last));
    ok(device_run(on_stream, &launch, &last));
    ok(device_copy(on_stream, got, j->p, BYTES, COPY_DOWN, &last));
}

static void expect_done(const job *j)
{
    float expected[N];
    ok(device_stream_wait(on_stream, &last));
    memset(expected, j->byte, sizeof expected);
    memcpy(expected, given, j->n_bytes);
    for (int i = 0; i < j->n; i++)
        expected[i] /= j->by;
    assert_memory_equal(got, expected, BYTES);
}

static job a_job(void)
{
    return (job){.p = there, .n_bytes = BYTES, .by = 2, .n = N, .grid = 1, .n_threads = 256};
}

static void test_work_that_comes_again_becomes_a_graph(void **state)
{
    (void)state;
    const job j = a_job();
    for (uint64_t i = 0; i < 5; i++) {
        given[0] = (float)i; // what is in memory may change
        give(&j);
        expect_done(&j);
        expect_counts(1, i > 0, i > 1 ? i - 1 : 0);
    }
    assert_null(segments_failure(s));
}

/* Whatever in a segment differs from one that is a graph. */
static void test_other_work_is_never_replayed(void **state)
{
    (void)state;
    enum { N_OTHERS = 7 };
    job jobs[N_OTHERS];
    for (int i = 0; i < N_OTHERS; i++)
        jobs[i] = a_job();
    jobs[0].p = other;
    jobs[1].n_bytes = BYTES / 2;
    jobs[2].byte = 0x3f;
    jobs[3].by = 4;
    jobs[4].n = N - 1;
    jobs[5].grid = 2;
    jobs[6].n_threads = 128;
    const job j = a_job();
    for (int i = 0; i < 3; i++) {
        give(&j);
        expect_done(&j);
    }
    expect_counts(1, 1, 1);
    for (uint64_t i = 0; i < N_OTHERS; i++) {
        give(&jobs[i]);
        expect_done(&jobs[i]);
        expect_counts(2 + i, 1, 1 + i);
        give(&j);
        expect_done(&j);
    }
}

/* ---- where segments end ------------------------------------------------------------------------------------------ */

static void test_work_is_kept_until_it_is_wanted(void **state)
{
    (void)state;
    device_event *e;
    device_stream *second;
    ok(device_event_open(on_device, &e, &last));
    ok(device_stream_open(on_device, &second, &last));
    const job j = a_job();
    give(&j);
    expect_counts(0, 0, 0);
    ok(device_event_record(e, on_stream, &last));
    expect_counts(1, 0, 0);
    give(&j);
    ok(device_event_join(e, on_stream, &last));
    expect_counts(1, 1, 0);
    give(&j);
    ok(device_event_record(e, on_stream, &last));
    ok(device_event_join(e, second, &last)); // waits for all three
    ok(device_stream_wait(second, &last));
    assert_true(got[1] == 8 && got[N - 1] == 56);
    expect_counts(1, 1, 1);
    give(&j);
    ok(device_stream_flush(on_stream, &last));
    expect_counts(1, 1, 2);
    ok(device_stream_flush(on_stream, &last)); // nothing is kept
    expect_counts(1, 1, 2);
    device_event_close(e);
    device_stream_close(second);
}

static void test_between_steps_nothing_is_kept(void **state)
{
    (void)state;
    const job j = a_job();
    segments_end(s);
    give(&j);
    expect_done(&j);
    expect_counts(0, 0, 0);
    segments_begin(s);
    give(&j);
    expect_done(&j);
    expect_counts(1, 0, 0);
}

static void test_others_capture_and_replay_in_order(void **state)
{
    (void)state;
    device_graph *g;
    const gpu_divide_args args = {.y = there, .n = N, .by = 2};
    ok(device_copy(on_stream, there, given, BYTES, COPY_UP, &last));
    segments_end(s); // drops the copy
    ok(device_copy(on_stream, there, given, BYTES, COPY_UP, &last));
    ok(device_capture_begin(on_stream, &last));
    ok(launch_divide(on_stream, &args, &last));
    ok(device_capture_end(on_stream, &g, &last));
    segments_begin(s);
    ok(launch_divide(on_stream, &args, &last));
    ok(device_graph_launch(g, on_stream, &last)); // after what is kept
    ok(device_copy(on_stream, got, there, BYTES, COPY_DOWN, &last));
    ok(device_stream_wait(on_stream, &last));
    assert_true(got[1] == 4 && got[N - 1] == 28);
    device_graph_close(g);
}

static void test_long_work_is_cut(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 3; round++) {
        for (int i = 0; i < 2 * SEGMENT_OPS_MAX + SEGMENT_OPS_MIN; i++)
            ok(device_fill(on_stream, there, i, BYTES, &last));
        expect_counts(2 + (round == 1 ? 0 : 1), round == 1 ? 0 : round == 2 ? 2 : 3, round == 3 ? 2 : 0);
        on_device_get(got, there, BYTES);
        assert_int_equal(((const unsigned char *)got)[0], (2 * SEGMENT_OPS_MAX + SEGMENT_OPS_MIN - 1) % 256);
    }
}

static void test_short_work_is_given_as_it_is(void **state)
{
    (void)state;
    for (int i = 1; i <= 4; i++) {
        for (int k = 0; k < SEGMENT_OPS_MIN - 1; k++)
            ok(device_fill(on_stream, there, k, BYTES, &last));
        ok(device_stream_wait(on_stream, &last));
        expect_counts(0, 0, 0);
    }
}

/* ---- more segments than graphs ----------------------------------------------------------------------------------- */

/* Three bytes, filled one by one. */
static void give_number(int number)
{
    unsigned char *const p = (unsigned char *)there, *const bytes = (unsigned char *)got;
    for (int i = 0; i < 3; i++)
        ok(device_fill(on_stream, p + i, number >> (8 * i) & 0xff, 1, &last));
    ok(device_copy(on_stream, bytes, p, 3, COPY_DOWN, &last));
    ok(device_stream_wait(on_stream, &last));
    assert_int_equal(bytes[0] | bytes[1] << 8 | bytes[2] << 16, number);
}

static bool is_graph(int number)
{
    const uint64_t before = segments_counted(s).n_replayed;
    give_number(number);
    return segments_counted(s).n_replayed > before;
}

/* All sets are full, so segments meet graphs of others.  Those in use stay; those that are not make room. */
static void test_graphs_are_few_and_those_in_use_stay(void **state)
{
    (void)state;
    enum { NUMBERS = 2 * SEGMENTS_KEPT, ROUNDS = 12 }; // longer than anyone's patience
    int used = 0;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < NUMBERS; i++)
            give_number(i);
    }
    const segments_counts before = segments_counted(s);
    assert_true(before.n_captured > SEGMENTS_KEPT / 2 && before.n_captured <= SEGMENTS_KEPT);
    assert_true(before.n_replayed >= before.n_captured / 2);
    while (!is_graph(used))
        used++;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < NUMBERS / 2; i++)
            give_number(NUMBERS + i);
        assert_true(is_graph(used));
    }
    assert_true(segments_counted(s).n_captured > SEGMENTS_KEPT);
    for (int i = 0; i < NUMBERS; i++)
        give_number(i);
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static device_ops changed_ops;
static const device_ops *real_ops;

static sw_code no_capture(device_stream *stream, sw_err *err)
{
    return sw_fail(err, SW_EIO, "%s: cuStreamBeginCapture_v2 is not supported", stream->device->name);
}

static sw_code no_instance(device_stream *stream, device_graph **out, sw_err *err)
{
    const sw_code code = real_ops->capture_end(stream, out, err);
    device_graph_close(*out);
    *out = NULL;
    return code == SW_OK ? sw_fail(err, SW_ENOMEM, "%s: cuGraphInstantiateWithFlags", stream->device->name) : code;
}

static sw_code no_launch(device_stream *stream, const device_launch *l, sw_err *err)
{
    (void)l;
    return sw_fail(err, SW_EIO, "%s: cuLaunchKernel", stream->device->name);
}

static sw_code no_replay(device_graph *g, device_stream *stream, sw_err *err)
{
    (void)g;
    return sw_fail(err, SW_EIO, "%s: cuGraphLaunch", stream->device->name);
}

static device_ops *change_ops(void)
{
    real_ops = on_device->ops;
    changed_ops = *real_ops;
    on_device->ops = &changed_ops;
    return &changed_ops;
}

static void expect_no_graphs(const char *words)
{
    const job j = a_job();
    for (uint64_t i = 1; i <= 5; i++) {
        give(&j);
        expect_done(&j);
        expect_counts(i, 0, 0);
    }
    assert_non_null(segments_failure(s));
    assert_non_null(strstr(segments_failure(s), words));
    on_device->ops = real_ops;
}

static void test_a_device_that_records_nothing_is_given_all_work(void **state)
{
    (void)state;
    change_ops()->capture_begin = no_capture;
    expect_no_graphs("cuStreamBeginCapture_v2 is not supported");
}

static void test_a_graph_that_cannot_be_made_is_no_loss(void **state)
{
    (void)state;
    change_ops()->capture_end = no_instance;
    expect_no_graphs("cuGraphInstantiateWithFlags");
}

static void test_work_that_fails_says_so_and_is_not_kept(void **state)
{
    (void)state;
    const job j = a_job();
    change_ops()->launch = no_launch;
    give(&j);
    assert_int_equal(device_stream_wait(on_stream, &last), SW_EIO);
    assert_non_null(strstr(last.msg, "cuLaunchKernel"));
    on_device->ops = real_ops;
    for (int i = 0; i < 2; i++) {
        give(&j);
        expect_done(&j);
    }
    expect_counts(1, 1, 1);
    change_ops()->graph_launch = no_replay;
    sw_err_clear(&last);
    give(&j);
    assert_int_equal(device_stream_wait(on_stream, &last), SW_EIO);
    assert_non_null(strstr(last.msg, "cuGraphLaunch"));
    on_device->ops = real_ops;
}

#define WITH(name) cmocka_unit_test_setup_teardown(name, open_segments, close_segments)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_work_that_comes_again_becomes_a_graph),
        WITH(test_other_work_is_never_replayed),
        WITH(test_work_is_kept_until_it_is_wanted),
        WITH(test_between_steps_nothing_is_kept),
        WITH(test_others_capture_and_replay_in_order),
        WITH(test_long_work_is_cut),
        WITH(test_short_work_is_given_as_it_is),
        WITH(test_graphs_are_few_and_those_in_use_stay),
        WITH(test_a_device_that_records_nothing_is_given_all_work),
        WITH(test_a_graph_that_cannot_be_made_is_no_loss),
        WITH(test_work_that_fails_says_so_and_is_not_kept),
    };
    return cmocka_run_group_tests_name("work that comes again", tests, NULL, NULL);
}
