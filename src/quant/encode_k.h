/* encode_k.h - encoders of the K-quants, one block of 256 each. */
#ifndef SW_ENCODE_K_H
#define SW_ENCODE_K_H

#include <stdint.h>

void sw__encode_q4_k(const float *x, uint8_t *b);
void sw__encode_q5_k(const float *x, uint8_t *b);
void sw__encode_q6_k(const float *x, uint8_t *b);

#endif
