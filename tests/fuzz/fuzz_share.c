/* Any bytes as a shared file: refused with a reason, or every list is as long as it says and every value a figure. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "fuzz_check.h"
#include "results/store.h"
#include "share/shared_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    check(text != NULL && utf8_valid(text, strlen(text)));
}

static void check_test(const share_file *file, const share_test *t)
{
    check(t->model >= 0 && t->model < file->n_models && t->mode >= 0 && t->mode < N_TEST_MODES);
    check(t->test >= 0 && t->n <= (size_t)t->n_asked);
    check_text(t->variant);
    for (size_t i = 0; i < t->n; i++) {
        check(t->repeats[i] >= 0);
        for (int metric = 0; metric < N_SHARE_METRICS; metric++)
            check(t->values[metric] == NULL || isnan(t->values[metric][i]) ||
                  (isfinite(t->values[metric][i]) && t->values[metric][i] >= 0));
    }
}

static void check_samples(const share_file *file)
{
    for (int metric = 0; metric < N_SHARE_METRICS; metric++) {
        share_sample *samples;
        size_t n;
        check(share_samples(file, 0, MODE_STREAM, (share_metric)metric, &samples, &n, NULL) == SW_OK);
        for (size_t i = 0; i < n; i++)
            check(isfinite(samples[i].value) && (i == 0 || samples[i - 1].test->test <= samples[i].test->test));
        mem_free(samples);
    }
}

/* As a run, every answer is there; or the file has too many. */
static void check_run(const share_file *file)
{
    run_record *run;
    run_analysis analysis;
    sw_err err = {0};
    const sw_code code = shared_run_of(file, &run, &analysis, &err);
    check(code == SW_OK || code == SW_ELIMIT);
    size_t n = 0;
    for (size_t i = 0; i < analysis.n_subjects; i++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++)
            n += analysis.subjects[i].modes[mode].n_rows;
    }
    check(code != SW_OK || n == run->n_tests);
    run_analysis_free(&analysis);
    run_record_free(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    share_file *file;
    sw_err err = {0};
    const sw_code code = share_read(&file, (const char *)data, size, "input", &err);
    check((code == SW_OK) == (file != NULL) && (code == SW_OK) == (err.msg[0] == '\0'));
    if (file == NULL)
        return 0;
    check(file->n_models >= 1);
    check_text(file->fingerprint);
    check_text(file->hardware.cpu);
    for (int i = 0; i < file->n_models; i++)
        check_text(file->models[i].name);
    for (size_t i = 0; i < file->n_tests; i++)
        check_test(file, &file->tests[i]);
    check_samples(file);
    check_run(file);
    share_free(file);
    return 0;
}
