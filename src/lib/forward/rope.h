/* rope.h - rotary position embedding: frequencies of a model, angles of a position, rotation of a head. */
#ifndef FORWARD_ROPE_H
#define FORWARD_ROPE_H

#include "model/hparams.h"

typedef struct rope_table {
    rope_kind kind;
    size_t n_rot;     // elements of a head
    float magnitude;  // on cos and sin
    double *inv_freq; // (n_rot / 2): radians per position
} rope_table;

/* factors: (n_rot / 2) divisors of the frequencies, or NULL.  False when memory is short. */
bool rope_init(rope_table *r, const hparams *h, const float *factors);
void rope_free(rope_table *r);

/* cos and sin of one position, times the magnitude: (n_rot / 2) each. */
void rope_angles(const rope_table *r, int position, float *cos_out, float *sin_out);

/* Rotates one head of (at least n_rot) elements in place. */
void rope_apply(const rope_table *r, const float *cosines, const float *sines, float *head);

/* sin and cos of x, the one implementation; off by less than 1e-12.  NaN for |x| above 2^30. */
void rope_sincos(double x, double *sin_out, double *cos_out);

#endif
