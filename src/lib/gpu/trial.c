/* trial.c - arrays of the trial, and what is said of one that differs. */
#include "gpu/trial.h"

#include <math.h>
#include <string.h>

void *trial_take(trial *c, size_t n_bytes)
{
    uint8_t *const p = c->host + c->n_used;
    c->n_used += (n_bytes + DEVICE_ALIGNMENT - 1) / DEVICE_ALIGNMENT * DEVICE_ALIGNMENT;
    return c->n_used <= TRIAL_ROOM_BYTES ? p : c->host; // the sizes are constants: a test would show it
}

void *trial_on(const trial *c, const void *p)
{
    return c->there + ((const uint8_t *)p - c->host);
}

float trial_unit(trial *c)
{
    return 2 * rng_float(&c->rng) - 1;
}

float *trial_numbers(trial *c, size_t n_rows, size_t n)
{
    float *const x = trial_take(c, n_rows * n * sizeof *x);
    for (size_t i = 0; i < n_rows * n; i++)
        x[i] = trial_unit(c) * (i / n % 8 == 5 ? 1e15f : i / n % 8 == 6 ? 1e-30f : 4.0f);
    return x;
}

sw_code trial_upload(trial *c)
{
    return device_copy(c->stream, c->there, c->host, c->n_used, COPY_UP, c->err);
}

sw_code trial_download(trial *c)
{
    const sw_code code = device_copy(c->stream, c->got, c->there, c->n_used, COPY_DOWN, c->err);
    return code == SW_OK ? device_stream_wait(c->stream, c->err) : code;
}

static bool is_same(const float *a, const float *b)
{
    return memcmp(a, b, sizeof *a) == 0 || (isnan(*a) && isnan(*b));
}

static sw_code refuse(const trial *c, const char *what, const char *of, size_t i, size_t n, double got, double wanted)
{
    return sw_fail(c->err, SW_EUNSUPPORTED,
                   "%s (%s) computes wrongly: %s of %s gives %a, not %a, as value %zu of %zu; its driver or the GPU is "
                   "faulty; --devices none leaves it alone, --device-check off uses it nevertheless",
                   c->d->name, c->d->model, of, what, got, wanted, i, n);
}

sw_code trial_floats(const trial *c, const char *what, const char *of, const float *wanted, size_t n)
{
    const float *const got = (const float *)(const void *)(c->got + ((const uint8_t *)wanted - c->host));
    for (size_t i = 0; i < n; i++) {
        if (!is_same(&got[i], &wanted[i]))
            return refuse(c, what, of, i, n, (double)got[i], (double)wanted[i]);
    }
    return SW_OK;
}

sw_code trial_codes(const trial *c, const char *what, const char *of, const int8_t *wanted, size_t n)
{
    const int8_t *const got = (const int8_t *)(c->got + ((const uint8_t *)wanted - c->host));
    for (size_t i = 0; i < n; i++) {
        if (got[i] != wanted[i])
            return refuse(c, what, of, i, n, got[i], wanted[i]);
    }
    return SW_OK;
}
