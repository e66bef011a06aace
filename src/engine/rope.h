/* rope.h - rotary position embedding: frequencies of a model, angles of a position, rotation of a head. */
#ifndef SW_ROPE_H
#define SW_ROPE_H

#include "model/hparams.h"

typedef struct sw_rope {
    sw_rope_kind kind;
    int n_rot;
    float magnitude;  // on cos and sin
    double *inv_freq; // (n_rot / 2): radians per position
} sw_rope;

/* factors: (n_rot / 2) divisors of the frequencies, or NULL.  False when memory is short. */
bool sw_rope_init(sw_rope *r, const sw_hparams *h, const float *factors);
void sw_rope_free(sw_rope *r);

/* cos and sin of one position, times the magnitude: (n_rot / 2) each. */
void sw_rope_angles(const sw_rope *r, int position, float *cos_out, float *sin_out);

/* Rotates one head of (at least n_rot) elements in place. */
void sw_rope_apply(const sw_rope *r, const float *cosines, const float *sines, float *head);

/* sin and cos of x, the one implementation; off by less than 1e-12.  NaN for |x| above 2^30. */
void sw_sincos(double x, double *sin_out, double *cos_out);

#endif
