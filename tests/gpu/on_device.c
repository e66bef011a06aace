#include "gpu/on_device.h"

device *on_device;
device_stream *on_stream;

typedef struct array {
    void *p;
    size_t n_bytes;
} array;

enum { ARRAYS_MAX = 4096 };
static array arrays[ARRAYS_MAX];
static size_t n_arrays;

void on_device_ok(sw_code code, const sw_err *err)
{
    if (code != SW_OK)
        fail_msg("%s", err->msg);
}

int on_device_open(void **state)
{
    (void)state;
    sw_err err;
    sw_err_clear(&err);
    const char *const name = getenv("SPILLWAY_TEST_DEVICE");
    on_device_ok(device_open(name != NULL ? name : "emu:256MiB", NULL, &on_device, &err), &err);
    on_device_ok(device_stream_open(on_device, &on_stream, &err), &err);
    return 0;
}

int on_device_close(void **state)
{
    (void)state;
    device_stream_close(on_stream);
    for (size_t i = 0; i < n_arrays; i++)
        device_free(on_device, arrays[i].p, arrays[i].n_bytes);
    n_arrays = 0;
    assert_int_equal(device_allocated(on_device), 0);
    device_close(on_device);
    return 0;
}

void *on_device_new(const void *from, size_t n_bytes)
{
    sw_err err;
    sw_err_clear(&err);
    void *p;
    assert_true(n_arrays < ARRAYS_MAX);
    on_device_ok(device_alloc(on_device, "a test", n_bytes, &p, &err), &err);
    arrays[n_arrays++] = (array){p, n_bytes};
    if (from != NULL) {
        on_device_ok(device_copy(on_stream, p, from, n_bytes, COPY_UP, &err), &err);
    } else {
        on_device_ok(device_fill(on_stream, p, 0xee, n_bytes, &err), &err);
    }
    on_device_wait();
    return p;
}

void on_device_wait(void)
{
    sw_err err;
    sw_err_clear(&err);
    on_device_ok(device_stream_wait(on_stream, &err), &err);
}

void on_device_get(void *to, const void *from, size_t n_bytes)
{
    sw_err err;
    sw_err_clear(&err);
    on_device_ok(device_copy(on_stream, to, from, n_bytes, COPY_DOWN, &err), &err);
    on_device_wait();
}
