/* Any bytes as an answer: scores are shares, a loop fits into the text, and outer blanks change nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "results/repetition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sw_repetition measure(const char *text, size_t n)
{
    sw_repetition r;
    if (sw_repetition_of(text, n, SW_FORM_PROSE, &r, NULL) != SW_OK)
        abort();
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const sw_repetition r = measure((const char *)data, size);
    const double shares[] = {r.score, r.score_units, r.window_max};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        if (!(shares[i] >= 0 && shares[i] < 1))
            abort();
    }
    if (r.tail_loop.span > size || r.tail_loop.period * r.tail_loop.repeats > r.tail_loop.span ||
        r.line_repeat_max > size)
        abort();
    sw_buf padded;
    sw_buf_init(&padded, size + 8);
    sw_buf_puts(&padded, "\n ");
    sw_buf_append(&padded, data, size);
    sw_buf_puts(&padded, " \n");
    const sw_repetition again = measure(sw_buf_str(&padded), padded.size);
    if (again.score != r.score || again.window_max != r.window_max || again.line_repeat_max != r.line_repeat_max)
        abort();
    sw_buf_free(&padded);
    return 0;
}
