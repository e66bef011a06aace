/* quantized.h - the quantized formats: each table makes a product for every one of them from its own template. Q8_0
 * stands apart, because it alone reads fine codes (kernels.h). */
#ifndef KERNELS_QUANTIZED_H
#define KERNELS_QUANTIZED_H

#define QUANTIZED_FORMATS(X) X(Q8_0) COARSE_FORMATS(X)
#define COARSE_FORMATS(X)                                                                                              \
    X(Q4_0) X(Q4_1) X(Q5_0) X(Q5_1) X(Q2_K) X(Q3_K) X(Q4_K) X(Q5_K) X(Q6_K) X(IQ4_NL) X(IQ4_XS) X(MXFP4)

/* matmul_FORMAT of a template: its `matmul` for a description that bears the format's name. */
#define QUANTIZED_PRODUCT(format)                                                                                      \
    static void matmul_##format(const uint8_t *tiles, size_t n_tiles, const act_rows *x, size_t n, float *y,           \
                                size_t ld)                                                                             \
    {                                                                                                                  \
        matmul(&format, tiles, n_tiles, x, n, y, ld);                                                                  \
    }

/* Puts matmul_FORMAT into table k. */
#define QUANTIZED_ENTRY(format) k->matmul[TYPE_##format] = matmul_##format;

#endif
