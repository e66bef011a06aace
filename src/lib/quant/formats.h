/* formats.h - the weight formats that this build computes with, one row each.
 *
 * A row is X(NAME, name): NAME as in TYPE_NAME (gguf/types.h), and the word that functions and structs of the format
 * end in: decode_q4_k, tile_q4_k.  Every table over formats is made from these lists, so that a format without a
 * decoder, a tile layout, a packer or an opener does not compile, and none can be forgotten.
 */
#ifndef QUANT_FORMATS_H
#define QUANT_FORMATS_H

#define PLAIN_FORMATS(X) X(F32, f32) X(F16, f16) X(BF16, bf16)

/* Quantized formats that every instruction set has a product of (kernels/): Q8_0, which reads fine codes too, and the
 * coarse ones. */
#define SIMD_FORMATS(X) X(Q8_0, q8_0) COARSE_FORMATS(X)
#define COARSE_FORMATS(X)                                                                                              \
    X(Q4_0, q4_0)                                                                                                      \
    X(Q4_1, q4_1)                                                                                                      \
    X(Q5_0, q5_0)                                                                                                      \
    X(Q5_1, q5_1)                                                                                                      \
    X(Q2_K, q2_k)                                                                                                      \
    X(Q3_K, q3_k)                                                                                                      \
    X(Q4_K, q4_k)                                                                                                      \
    X(Q5_K, q5_k)                                                                                                      \
    X(Q6_K, q6_k)                                                                                                      \
    X(IQ4_NL, iq4_nl)                                                                                                  \
    X(IQ4_XS, iq4_xs)                                                                                                  \
    X(MXFP4, mxfp4)

/* Quantized formats that not every instruction set has a product of.  A new format begins here: tables fall back to the
 * scalar product, which is right and slow.  It moves to COARSE_FORMATS once each instruction set has it. */
#define SCALAR_ONLY_FORMATS(X)

#define QUANTIZED_FORMATS(X) SIMD_FORMATS(X) SCALAR_ONLY_FORMATS(X)
#define ALL_FORMATS(X)       PLAIN_FORMATS(X) QUANTIZED_FORMATS(X)

#endif
