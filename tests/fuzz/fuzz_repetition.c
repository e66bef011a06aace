/* Any bytes as an answer: scores are shares, a loop fits into the text, and outer blanks change nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "figures/repetition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static repetition_score measure(const char *text, size_t n)
{
    repetition_score r;
    if (repetition_of(text, n, FORM_PROSE, &r, NULL) != SW_OK)
        abort();
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const repetition_score r = measure((const char *)data, size);
    const double shares[] = {r.score, r.score_units, r.window_max};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        if (!(shares[i] >= 0 && shares[i] < 1))
            abort();
    }
    if (r.tail_loop.span > size || r.tail_loop.period * r.tail_loop.repeats > r.tail_loop.span ||
        r.line_repeat_max > size)
        abort();
    buf padded;
    buf_init(&padded, size + 8);
    buf_puts(&padded, "\n ");
    buf_append(&padded, data, size);
    buf_puts(&padded, " \n");
    const repetition_score again = measure(buf_str(&padded), padded.size);
    if (again.score != r.score || again.window_max != r.window_max || again.line_repeat_max != r.line_repeat_max)
        abort();
    buf_free(&padded);
    return 0;
}
