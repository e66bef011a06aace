/* test_gpu_check.c - the trial of a device: it passes on one that computes rightly, and every planted mistake ends it
 * with the operation's name. */
#include "gpu/on_device.h"

#include <stdio.h>

#include "engine/tiers_check.h"
#include "gpu/device_check.h"
#include "gpu/emu_run.h"
#include "spillway.h"
#include "support/temp_dir.h"
#include "support/tiny_model.h"

static sw_err last;

static sw_code try(tensor_type t, gpu_kv_type kv_type)
{
    device_check_options o = {.kv_type = kv_type};
    o.types[t] = true;
    sw_err_clear(&last);
    return device_check(on_device, &o, &last);
}

static void test_a_right_device_passes_with_every_format(void **state)
{
    (void)state;
    gpu_format format;
    for (int t = 0; t < TYPE_N; t++) {
        if (launch_format((tensor_type)t, &format))
            on_device_ok(try((tensor_type)t, (gpu_kv_type)(t % 3)), &last);
    }
    assert_int_equal(device_allocated(on_device), 0);
}

static void test_a_mistake_of_the_device_is_found_and_named(void **state)
{
    (void)state;
    static const struct {
        emu_mistake mistake;
        tensor_type type;
        const char *words;
    } CASES[] = {
        {EMU_SHUFFLE_OFF_BY_ONE, TYPE_Q8_0, "of RMSNorm gives"},
        {EMU_ROUNDED_DOWN, TYPE_Q8_0, "of RMSNorm gives"},
        {EMU_ROWS_SWAPPED, TYPE_Q8_0, "the result of a product of 1 tokens with Q8_0 gives"},
        {EMU_ROWS_SWAPPED, TYPE_MXFP4, "the result of a product of 1 tokens with MXFP4 gives"},
        {EMU_SCALE_OF_NEIGHBOUR, TYPE_F16, "the result of a product of 1 tokens with F16 gives"},
        {EMU_SCALE_OF_NEIGHBOUR, TYPE_F32, "the result of attention over F16 gives"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        emu_plant(CASES[i].mistake);
        const sw_code code = try(CASES[i].type, GPU_KV_F16);
        emu_plant(EMU_NO_MISTAKE);
        assert_int_equal(code, SW_EUNSUPPORTED);
        if (strstr(last.msg, CASES[i].words) == NULL)
            fail_msg("'%s' does not say '%s'", last.msg, CASES[i].words);
        assert_non_null(strstr(last.msg, on_device->name));
        assert_int_equal(device_allocated(on_device), 0);
    }
}

static void test_a_kernel_that_fails_is_the_devices_error(void **state)
{
    (void)state;
    emu_plant(EMU_BARRIER_MISSED);
    const sw_code code = try(TYPE_Q8_0, GPU_KV_F16);
    emu_plant(EMU_NO_MISTAKE);
    assert_int_equal(code, SW_EIO);
    assert_non_null(strstr(last.msg, "kernel norm_rows"));
}

/* ---- engines ----------------------------------------------------------------------------------------------------- */

static sw_code open_engine(sw_device_check check, emu_mistake mistake, sw_engine **out)
{
    const temp_path path = temp_file("tiny.gguf");
    const sw_engine_options o = {.n_threads = 1, .n_ctx = 64, .devices = "emu:8MiB", .device_check = check};
    tiny_write(path.s, TINY_GPT_OSS, TINY_NO_TOKEN);
    sw_err_clear(&last);
    emu_plant(mistake);
    const sw_code code = sw_engine_open(out, path.s, &o, &last);
    emu_plant(EMU_NO_MISTAKE);
    return code;
}

static void test_an_engine_refuses_a_device_that_was_named(void **state)
{
    (void)state;
    sw_engine *e;
    assert_int_equal(open_engine(SW_DEVICE_CHECK_ON, EMU_ROUNDED_TWICE, &e), SW_EUNSUPPORTED);
    assert_null(e);
    assert_non_null(strstr(last.msg, "emu:8MiB (emulated GPU) computes wrongly"));
    on_device_ok(open_engine(SW_DEVICE_CHECK_ON, EMU_NO_MISTAKE, &e), &last);
    assert_string_equal(sw_engine_get_state(e).device, "emu:8MiB");
    sw_engine_close(e);
    on_device_ok(open_engine(SW_DEVICE_CHECK_OFF, EMU_ROUNDED_TWICE, &e), &last);
    sw_engine_close(e);
    on_device_ok(open_engine(SW_DEVICE_CHECK_AUTO, EMU_ROUNDED_TWICE, &e), &last); // an emulated one need not
    sw_engine_close(e);
}

/* "auto" means a GPU, so the tiers are those of a name. */
static void test_auto_goes_on_without_a_device_that_computes_wrongly(void **state)
{
    (void)state;
    const temp_path path = temp_file("tiny.gguf");
    const sw_engine_options o = {.devices = "auto", .device_check = SW_DEVICE_CHECK_ON};
    engine_tiers t;
    gguf_file *g;
    tiny_write(path.s, TINY_GPT_OSS, TINY_NO_TOKEN);
    sw_err_clear(&last);
    on_device_ok(gguf_open(&g, path.s, &last), &last);
    on_device_ok(tiers_open(&t, "emu:8MiB", &last), &last);
    emu_plant(EMU_ROUNDED_TWICE);
    on_device_ok(tiers_check(&t, g, &o, &last), &last);
    emu_plant(EMU_NO_MISTAKE);
    assert_int_equal(t.n_devices, 0);
    assert_non_null(strstr(t.note, "the GPU is not used: emu:8MiB (emulated GPU) computes wrongly"));
    tiers_close(&t);
    gguf_close(g);
}

#define ON(name) cmocka_unit_test_setup_teardown(name, on_device_open, on_device_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(test_a_right_device_passes_with_every_format),
        ON(test_a_mistake_of_the_device_is_found_and_named),
        ON(test_a_kernel_that_fails_is_the_devices_error),
        cmocka_unit_test(test_an_engine_refuses_a_device_that_was_named),
        cmocka_unit_test(test_auto_goes_on_without_a_device_that_computes_wrongly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
