/* attend_join.cu - the last step of attention whose spans were computed side by side. */
#include "gpu/kernels/gpu_attend.h"

/* The spans of one query, in order. */
KERNEL(attend_join, gpu_attend_args, ATTEND_THREADS, 8)
{
    const uint64_t head = (uint64_t)block_x(), token = (uint64_t)block_y();
    const uint64_t first = span_row(&a, token, head, a.first_span);
    for (int i = thread_id(); i < a.d_v; i += block_threads()) {
        softmax_state total = {MINUS_INFINITY, 0};
        float out = 0;
        NO_UNROLL
        for (int span = 0; span < a.n_spans; span++) {
            const uint64_t row = first + (uint64_t)span;
            const softmax_state part = {a.span_state[2 * row], a.span_state[2 * row + 1]};
            if (part.sum != 0) {
                out = add_answer(total, part, out, a.span_out[row * (uint64_t)a.d_v + (uint64_t)i]);
                total = add_state(total, part);
            }
        }
        a.out[token * (uint64_t)a.out_token + head * (uint64_t)a.out_head + (uint64_t)i] =
            finish(total, a.sinks != 0 ? &a.sinks[head] : 0, out);
    }
}
