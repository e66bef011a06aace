/* share_samples.c - the values of one figure as a list. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "share/share.h"

static int by_test(const void *a, const void *b)
{
    const share_sample *const x = a, *const y = b;
    if (x->test->test != y->test->test)
        return x->test->test < y->test->test ? -1 : 1;
    const int order = strcmp(x->test->variant, y->test->variant);
    return order != 0 ? order : (x->repeat > y->repeat) - (x->repeat < y->repeat);
}

sw_code share_samples(const share_file *file, int model, test_mode mode, share_metric metric, share_sample **out,
                      size_t *n_out, sw_err *err)
{
    size_t cap = 0;
    *out = NULL;
    *n_out = 0;
    for (size_t i = 0; i < file->n_tests; i++) {
        const share_test *const t = &file->tests[i];
        const double *const values = t->values[metric];
        if (t->model != model || t->mode != mode || values == NULL)
            continue;
        for (size_t k = 0; k < t->n; k++) {
            if (isnan(values[k]))
                continue;
            if (!mem_grow(out, &cap, *n_out + 1, sizeof **out)) {
                mem_free(*out);
                *out = NULL;
                return sw_fail(err, SW_ENOMEM, "out of memory for the samples of a shared file");
            }
            (*out)[(*n_out)++] = (share_sample){t, t->repeats[k], values[k]};
        }
    }
    if (*n_out > 0)
        qsort(*out, *n_out, sizeof **out, by_test);
    return SW_OK;
}
