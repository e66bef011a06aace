/* test_gpu_vram.c - a device's memory as a tier: zeroed blocks, writes from several threads, and the first error is
 * kept. */
#include "gpu/on_device.h"

#include "base/pool.h"
#include "gpu/vram.h"

static sw_err last;

static vram *open_vram(void)
{
    vram *v;
    sw_err_clear(&last);
    on_device_ok(vram_open(on_device, &v, &last), &last);
    assert_int_equal(vram_pinned_bytes(v), 16 << 20);
    return v;
}

typedef struct job {
    tier_memory memory;
    uint8_t *to;
    const uint8_t *from;
    size_t n_bytes;
} job;

enum { PARTS = 37 };

static void write_part(void *ud, size_t part, int worker)
{
    (void)worker;
    const job *const j = ud;
    const size_t first = part * j->n_bytes / PARTS, end = (part + 1) * j->n_bytes / PARTS;
    j->memory.write(j->memory.ud, j->to + first, j->from + first, end - first);
}

static void test_blocks_are_zero_and_many_threads_write_them(void **state)
{
    (void)state;
    const size_t n = (9 << 20) + 13; // two buffers and some bytes
    vram *const v = open_vram();
    const tier_memory m = vram_memory(v);
    uint8_t *const from = malloc(n), *const got = malloc(n), *const block = m.alloc(m.ud, n);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % 64, 0);
    on_device_get(got, block, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(got[i], 0);
    for (size_t i = 0; i < n; i++)
        from[i] = (uint8_t)(i * 2654435761u >> 24);
    m.write(m.ud, block, from, n);
    on_device_get(got, block, n);
    assert_memory_equal(got, from, n);

    thread_pool *const pool = pool_create(6);
    assert_non_null(pool);
    for (size_t i = 0; i < n; i++)
        from[i] ^= 0x5a;
    pool_run(pool, PARTS, write_part, &(job){m, block, from, n});
    pool_free(pool);
    on_device_get(got, block, n);
    assert_memory_equal(got, from, n);
    on_device_ok(vram_check(v, &last), &last);
    m.free(m.ud, block, n);
    m.free(m.ud, NULL, 5);
    vram_close(v);
    vram_close(NULL);
    free(from), free(got);
}

static void test_the_first_error_is_kept(void **state)
{
    (void)state;
    vram *const v = open_vram();
    const tier_memory m = vram_memory(v);
    uint8_t byte = 7;
    assert_null(m.alloc(m.ud, (size_t)1 << 40));
    m.write(m.ud, &byte, &byte, 1); // no memory of the device
    assert_int_equal(vram_check(v, &last), SW_ENOMEM);
    assert_non_null(strstr(last.msg, "no memory for weights or keys and values, 1099511627776 bytes"));
    assert_int_equal(byte, 7);
    vram_close(v);
}

static void test_a_write_to_a_device_that_is_lost_is_an_error(void **state)
{
    (void)state;
    vram *const v = open_vram();
    const tier_memory m = vram_memory(v);
    float here = 1, *const block = m.alloc(m.ud, 64);
    sw_err_clear(&last);
    on_device_ok(launch_divide(on_stream, &(gpu_divide_args){.y = &here, .n = 1, .by = 2}, &last), &last);
    assert_int_equal(device_stream_wait(on_stream, &last), SW_EIO);
    m.write(m.ud, block, &here, 4);
    sw_err_clear(&last);
    assert_int_equal(vram_check(v, &last), SW_EIO);
    assert_non_null(strstr(last.msg, "is lost: "));
    m.free(m.ud, block, 64);
    vram_close(v);
}

#define ON(name) cmocka_unit_test_setup_teardown(name, on_device_open, on_device_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(test_blocks_are_zero_and_many_threads_write_them),
        ON(test_the_first_error_is_kept),
        ON(test_a_write_to_a_device_that_is_lost_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
