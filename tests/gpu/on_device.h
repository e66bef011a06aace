/* on_device.h - a device for a test, and arrays on it that are freed when the device is closed.
 *
 * It is an emulated one, or the one that SPILLWAY_TEST_DEVICE names.
 */
#ifndef TESTS_GPU_ON_DEVICE_H
#define TESTS_GPU_ON_DEVICE_H

#include "kernels/check.h"

#include "gpu/devices.h"
#include "gpu/launches.h"

/* The device and stream of the test that runs. */
extern device *on_device;
extern device_stream *on_stream;

/* cmocka's setup and teardown of a test. */
int on_device_open(void **state);
int on_device_close(void **state);

/* An array on the device with the bytes of `from`, or filled with 0xee if it is NULL. */
void *on_device_new(const void *from, size_t n_bytes);
/* Returns when all that the stream was given is done. */
void on_device_wait(void);
/* The same, and copies from the device. */
void on_device_get(void *to, const void *from, size_t n_bytes);
/* The code must be SW_OK; fails the test with the error's words. */
void on_device_ok(sw_code code, const sw_err *err);

/* Gives one operation to the stream: ON_DEVICE(launch_gate, &args, n_rows). */
#define ON_DEVICE(function, ...)                                                                                       \
    do {                                                                                                               \
        sw_err error;                                                                                                  \
        sw_err_clear(&error);                                                                                          \
        const sw_code done = function(on_stream, __VA_ARGS__, &error);                                                 \
        on_device_ok(done, &error);                                                                                    \
    } while (0)

#endif
