/* encode_k.h - encoders of the K formats: 256 floats to one block. */
#ifndef QUANT_ENCODE_K_H
#define QUANT_ENCODE_K_H

void encode_q4_k(const float *x, void *out);
void encode_q5_k(const float *x, void *out);
void encode_q6_k(const float *x, void *out);

#endif
