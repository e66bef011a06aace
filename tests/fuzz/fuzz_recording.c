/* Recordings of `spillway monitor`: what is read is in order of time and holds no figure that a sample cannot have;
 * written again, it reads as the same. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "fuzz_check.h"
#include "monitor/recording.h"

enum { TEXT_BYTES_MAX = 1 << 24 };

static bool read_bytes(recording *out, const void *data, size_t size)
{
    FILE *const f = fmemopen((void *)(uintptr_t)data, size, "r");
    sw_err err = {0};
    check(f != NULL);
    const sw_code code = recording_read(out, f, "input", &err);
    fclose(f);
    check((code == SW_OK) == (err.msg[0] == '\0'));
    return code == SW_OK;
}

static void check_samples(const recording *r)
{
    for (size_t i = 0; i < r->n; i++) {
        check(r->t_s[i] >= 0 && isfinite(r->t_s[i]) && (i == 0 || r->t_s[i] >= r->t_s[i - 1]));
        for (size_t f = 0; f < N_SAMPLE_FIGURES; f++) {
            const double value = r->values[i].v[f];
            check(isnan(value) || (isfinite(value) && (value >= 0 || f == SAMPLE_TEMPERATURE)));
        }
    }
}

/* Fifteen digits are written: a number of more is then close. */
static bool is_near(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-13 * fabs(a);
}

static void check_round_trip(const recording *r)
{
    buf text;
    recording again;
    buf_init(&text, TEXT_BYTES_MAX);
    recording_put_head(&text, &r->head);
    buf_putc(&text, '\n');
    for (size_t i = 0; i < r->n; i++) {
        recording_put_sample(&text, r->t_s[i], &r->values[i]);
        buf_putc(&text, '\n');
    }
    check(text.failed == SW_OK && read_bytes(&again, buf_str(&text), text.size));
    check(again.n == r->n && !again.is_cut && strcmp(again.head.program, r->head.program) == 0);
    for (size_t i = 0; i < r->n; i++) {
        check(is_near(r->t_s[i], again.t_s[i]));
        for (size_t f = 0; f < N_SAMPLE_FIGURES; f++)
            check(is_near(r->values[i].v[f], again.values[i].v[f]));
    }
    recording_free(&again);
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    recording r;
    if (size == 0 || !read_bytes(&r, data, size))
        return 0;
    check_samples(&r);
    check_round_trip(&r);
    recording_free(&r);
    return 0;
}
