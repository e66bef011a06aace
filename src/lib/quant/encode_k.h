/* encode_k.h - encoders of the K-quants, one block of 256 each. */
#ifndef QUANT_ENCODE_K_H
#define QUANT_ENCODE_K_H

#include <stdint.h>

void encode_q4_k(const float *x, uint8_t *b);
void encode_q5_k(const float *x, uint8_t *b);
void encode_q6_k(const float *x, uint8_t *b);

#endif
