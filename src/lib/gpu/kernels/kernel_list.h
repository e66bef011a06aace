/* kernel_list.h - every kernel, once: its name, the file that it is in, and the struct that it is given.
 *
 * All tables over kernels are made from this list: the numbers by which the host names them, the functions of the
 * emulation, the structs' sizes.  A kernel's struct begins with its pointers; the first member after them is `n`.
 */
#ifndef GPU_KERNELS_KERNEL_LIST_H
#define GPU_KERNELS_KERNEL_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "gpu/kernels/kernel_args.h"
#include "quant/formats.h"

/* X(kernel, file, struct).  Of products: for few tokens (1, up to 4), for many (32 and 64 per block). */
#define PRODUCT_KERNELS(X, name)                                                                                       \
    X(few_##name##_1, product_##name, gpu_product_args)                                                                \
    X(few_##name##_4, product_##name, gpu_product_args)                                                                \
    X(many_##name##_32, product_##name, gpu_product_args)                                                              \
    X(many_##name##_64, product_##name, gpu_product_args)

#define GPU_KERNELS(X)                                                                                                 \
    X(norm_rows, vector, gpu_norm_args)                                                                                \
    X(quantize_rows, vector, gpu_quantize_args)                                                                        \
    X(gate_rows, vector, gpu_gate_args)                                                                                \
    X(embed_rows, vector, gpu_embed_args)                                                                              \
    X(copy_rows, vector, gpu_copy_args)                                                                                \
    X(divide_rows, vector, gpu_divide_args)                                                                            \
    X(rotate_heads, cache, gpu_rotate_args)                                                                            \
    X(store_heads, cache, gpu_store_args)                                                                              \
    X(attend_f16, attend_f16, gpu_attend_args)                                                                         \
    X(attend_f32, attend_f32, gpu_attend_args)                                                                         \
    X(attend_q8_0, attend_q8_0, gpu_attend_args)                                                                       \
    X(attend_wide_f16, attend_f16, gpu_attend_args)                                                                    \
    X(attend_wide_f32, attend_f32, gpu_attend_args)                                                                    \
    X(attend_wide_q8_0, attend_q8_0, gpu_attend_args)                                                                  \
    X(attend_join, attend_join, gpu_attend_args)                                                                       \
    X(route_tokens, experts, gpu_route_args)                                                                           \
    X(group_pairs, experts, gpu_group_args)                                                                            \
    X(join_experts, experts, gpu_join_args)                                                                            \
    X(plain_f32, product_plain, gpu_product_args)                                                                      \
    X(plain_f16, product_plain, gpu_product_args)                                                                      \
    X(plain_bf16, product_plain, gpu_product_args)                                                                     \
    PRODUCT_KERNELS(X, q8_0)                                                                                           \
    PRODUCT_KERNELS(X, q4_0)                                                                                           \
    PRODUCT_KERNELS(X, q4_1)                                                                                           \
    PRODUCT_KERNELS(X, q5_0)                                                                                           \
    PRODUCT_KERNELS(X, q5_1)                                                                                           \
    PRODUCT_KERNELS(X, q2_k)                                                                                           \
    PRODUCT_KERNELS(X, q3_k)                                                                                           \
    PRODUCT_KERNELS(X, q4_k)                                                                                           \
    PRODUCT_KERNELS(X, q5_k)                                                                                           \
    PRODUCT_KERNELS(X, q6_k)                                                                                           \
    PRODUCT_KERNELS(X, iq4_nl)                                                                                         \
    PRODUCT_KERNELS(X, iq4_xs)                                                                                         \
    PRODUCT_KERNELS(X, mxfp4)

/* KERNEL_norm_rows, ... */
typedef enum kernel_id {
#define X(kernel, file, args) KERNEL_##kernel,
    GPU_KERNELS(X)
#undef X
        N_KERNELS
} kernel_id;

typedef struct kernel_facts {
    const char *name;
    const char *file;
    size_t args_bytes;
    size_t n_pointers; // at the beginning of the struct
} kernel_facts;

/* Of every kernel, by its number. */
extern const kernel_facts KERNEL_FACTS[N_KERNELS];

#endif
