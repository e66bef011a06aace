/* launches.h - which kernel computes an operation, and with how many blocks.
 *
 * The operations of kernels/kernels.h and of the forward pass's blocks, on a device: kernels/kernel_args.h says what
 * each reads and writes.  Every function gives work to a stream and returns; shapes that a kernel cannot have are
 * SW_EINVAL.
 */
#ifndef GPU_LAUNCHES_H
#define GPU_LAUNCHES_H

#include "gguf/types.h"
#include "gpu/device.h"

/* The format of a type as kernels know it; false if no kernel computes with it, so that another processor must. */
bool launch_format(tensor_type t, gpu_format *out);

SW_NODISCARD sw_code launch_norm(device_stream *s, const gpu_norm_args *a, int n_rows, int n_outer, sw_err *err);
SW_NODISCARD sw_code launch_quantize(device_stream *s, const gpu_quantize_args *a, int n_rows, sw_err *err);
SW_NODISCARD sw_code launch_gate(device_stream *s, const gpu_gate_args *a, int n_rows, sw_err *err);
SW_NODISCARD sw_code launch_embed(device_stream *s, const gpu_embed_args *a, int n_tokens, sw_err *err);
SW_NODISCARD sw_code launch_copy(device_stream *s, const gpu_copy_args *a, int n_a, int n_b, sw_err *err);
SW_NODISCARD sw_code launch_divide(device_stream *s, const gpu_divide_args *a, sw_err *err);
SW_NODISCARD sw_code launch_rotate(device_stream *s, const gpu_rotate_args *a, int n_heads, int n_tokens, sw_err *err);
SW_NODISCARD sw_code launch_store(device_stream *s, const gpu_store_args *a, int n_heads, int n_tokens, sw_err *err);
SW_NODISCARD sw_code launch_route(device_stream *s, const gpu_route_args *a, int n_tokens, sw_err *err);
SW_NODISCARD sw_code launch_group(device_stream *s, const gpu_group_args *a, sw_err *err);
SW_NODISCARD sw_code launch_join(device_stream *s, const gpu_join_args *a, int n_tokens, sw_err *err);

/* n_most: the places of the slot that has most.  Codes must hold what act_form_of(type) names, with sums where the
 * format has minima: half_sum for Q2_K, else sum. */
SW_NODISCARD sw_code launch_product(device_stream *s, const gpu_product_args *a, gpu_format format, int n_slots,
                                    int n_most, sw_err *err);

/* How many queries a block of threads takes. */
typedef struct attend_shape {
    bool is_wide;             // of heads of more than 128 elements
    int heads_together, runs; // heads of a KV head, and runs of them that cover it
    int tokens_together;      // tokens in a gpu_block, at most
} attend_shape;
attend_shape launch_attend_shape(int d_k, int d_v, int heads_per_kv);

/* Fills heads_together and runs of a->; n_blocks are those of a->blocks, of at most tokens_together tokens.  With
 * is_split spans are computed side by side and then joined, which pays while there are few blocks. */
SW_NODISCARD sw_code launch_attend(device_stream *s, gpu_attend_args *a, gpu_kv_type type, int n_blocks, int n_kv,
                                   int n_tokens, sw_err *err);

#endif
