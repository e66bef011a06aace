/* rope.c - frequencies are made once in double precision and rounded so that libm's last place does not show; sine and
 * cosine are this file's own, so that angles have the same bits everywhere. */
#include "forward/rope.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

/* Drops the last 12 of 52 fraction bits, so that a result does not depend on the last place of this machine's pow. */
static double steady(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    u = (u + 0x800) & ~(uint64_t)0xfff;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* Pair whose wavelength makes beta turns over the original context (YaRN, Peng et al. 2023, section 3.2). */
static double yarn_pair(const hparams *h, double beta)
{
    const double pi = 3.14159265358979323846;
    return (double)h->n_rot * log(h->rope_ctx_orig / (2 * pi * beta)) / (2 * log((double)h->rope_base));
}

/* YaRN: fast pairs keep their frequency, slow ones are interpolated by the factor, a ramp in between. */
static double yarn_frequency(const hparams *h, size_t i, double frequency)
{
    double low = yarn_pair(h, 32), high = yarn_pair(h, 1);
    if (h->arch.yarn_rounds) {
        low = floor(low);
        high = ceil(high);
    }
    low = fmax(0, low);
    high = fmin((double)(h->n_rot - 1), high);
    const double keep = 1 - fmin(1, fmax(0, ((double)i - low) / fmax(0.001, high - low)));
    return frequency / (double)h->rope_factor * (1 - keep) + frequency * keep;
}

bool rope_init(rope_table *r, const hparams *h, const float *factors)
{
    const size_t n = h->n_rot / 2;
    *r = (rope_table){.kind = h->arch.rope, .n_rot = h->n_rot, .inv_freq = mem_alloc(n * sizeof *r->inv_freq)};
    if (r->inv_freq == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        double f = pow((double)h->rope_base, -2.0 * (double)i / (double)h->n_rot);
        if (factors != NULL)
            f /= (double)factors[i];
        if (h->rope_scaling == SCALING_YARN)
            f = yarn_frequency(h, i, f);
        else if (h->rope_scaling == SCALING_LINEAR)
            f /= (double)h->rope_factor;
        r->inv_freq[i] = steady(f);
    }
    const bool is_stretched = h->rope_scaling == SCALING_YARN && h->rope_factor > 1 && !h->yarn_keeps_magnitude;
    const double magnitude = is_stretched ? steady(0.1 * log((double)h->rope_factor) + 1) : 1;
    r->magnitude = (float)magnitude * h->rope_attn_factor;
    return true;
}

void rope_free(rope_table *r)
{
    mem_free(r->inv_freq);
    *r = (rope_table){0};
}

void rope_sincos(double x, double *sin_out, double *cos_out)
{
    if (!(fabs(x) <= 0x1p30)) {
        *sin_out = *cos_out = NAN;
        return;
    }
    // x = q pi/2 + r, with pi/2 in two doubles whose products with q are not rounded.
    const double q = rint(x * 0.63661977236758134308);
    const double r = fma(-q, 6.123233995736766e-17, fma(-q, 1.5707963267948966, x));
    // Taylor polynomials on |r| <= pi/4: the first term left out is below 1e-14.
    const double z = r * r;
    const double s =
        r + r * z *
                (-1.0 / 6 +
                 z * (1.0 / 120 + z * (-1.0 / 5040 + z * (1.0 / 362880 + z * (-1.0 / 39916800 + z / 6227020800.0)))));
    const double c =
        1 + z * (-0.5 + z * (1.0 / 24 +
                             z * (-1.0 / 720 + z * (1.0 / 40320 + z * (-1.0 / 3628800 +
                                                                       z * (1.0 / 479001600 - z / 87178291200.0))))));
    const int64_t quadrant = (int64_t)q & 3;
    const double ss = (quadrant & 1) != 0 ? c : s, cc = (quadrant & 1) != 0 ? s : c;
    *sin_out = (quadrant & 2) != 0 ? -ss : ss;
    *cos_out = quadrant == 1 || quadrant == 2 ? -cc : cc;
}

void rope_angles(const rope_table *r, int position, float *cos_out, float *sin_out)
{
    for (size_t i = 0; i < r->n_rot / 2; i++) {
        double s, c;
        rope_sincos(position * r->inv_freq[i], &s, &c);
        cos_out[i] = (float)c * r->magnitude;
        sin_out[i] = (float)s * r->magnitude;
    }
}

void rope_apply(const rope_table *r, const float *cosines, const float *sines, float *head)
{
    const size_t n = r->n_rot / 2;
    const size_t stride = r->kind == ROPE_NORM ? 2 : 1, apart = r->kind == ROPE_NORM ? 1 : n;
    for (size_t i = 0; i < n; i++) {
        float *const a = &head[stride * i], *const b = a + apart;
        const float x = *a, y = *b;
        *a = x * cosines[i] - y * sines[i];
        *b = x * sines[i] + y * cosines[i];
    }
}
