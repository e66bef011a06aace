/* trial.h - the arrays with which a device is tried, and comparisons of what came back (device_check.c).
 *
 * Arrays are cut from a room that exists three times at the same offsets: here with inputs and what is expected, on the
 * device, and here again with what came back.
 */
#ifndef GPU_TRIAL_H
#define GPU_TRIAL_H

#include "base/rng.h"
#include "gpu/device.h"
#include "kernels/kernels.h"

enum { TRIAL_ROOM_BYTES = 1 << 20 };

typedef struct trial {
    device *d;
    device_stream *stream;
    kernels k; // the definition
    rng_state rng;
    uint8_t *host, *got, *there; // the room, three times
    size_t n_used;               // 0: the room is empty
    sw_err *err;
} trial;

/* An array of the room, here. */
void *trial_take(trial *c, size_t n_bytes);
/* Where the device has it. */
void *trial_on(const trial *c, const void *p);
/* In (-1, 1). */
float trial_unit(trial *c);
/* Numbers of ordinary size; every eighth row is huge, and every eighth tiny. */
float *trial_numbers(trial *c, size_t n_rows, size_t n);

/* Copies all that was taken to the device, or waits for the device and copies it back. */
SW_NODISCARD sw_code trial_upload(trial *c);
SW_NODISCARD sw_code trial_download(trial *c);

/* Compare what came back with what the array holds here: `of` an operation `what`.  Two NaN count as equal, whatever
 * their payload.  SW_EUNSUPPORTED: another value, which the message names. */
SW_NODISCARD sw_code trial_floats(const trial *c, const char *what, const char *of, const float *wanted, size_t n);
SW_NODISCARD sw_code trial_codes(const trial *c, const char *what, const char *of, const int8_t *wanted, size_t n);

#endif
