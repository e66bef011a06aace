/* quantized.h - the quantized formats: each table makes a product for every one of them from its own template. Q8_0
 * stands apart, because it alone reads fine codes (kernels.h). */
#ifndef SW_QUANTIZED_H
#define SW_QUANTIZED_H

#define SW_QUANTIZED_FORMATS(X) X(Q8_0) SW_COARSE_FORMATS(X)
#define SW_COARSE_FORMATS(X)                                                                                           \
    X(Q4_0) X(Q4_1) X(Q5_0) X(Q5_1) X(Q2_K) X(Q3_K) X(Q4_K) X(Q5_K) X(Q6_K) X(IQ4_NL) X(IQ4_XS) X(MXFP4)

#endif
