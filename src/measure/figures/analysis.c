/* analysis.c - computes every figure of a run, model by model. */
#include "figures/analysis.h"

#include "base/alloc.h"

static sw_code analyze_subject(const run_record *run, int subject, subject_analysis *out, sw_err *err)
{
    out->subject = &run->subjects[subject];
    out->index = subject;
    sw_code code = SW_OK;
    for (int mode = 0; code == SW_OK && mode < N_TEST_MODES; mode++)
        code = summary_of(run, subject, (test_mode)mode, &out->modes[mode], err);
    return code;
}

sw_code run_analysis_of(const run_record *run, run_analysis *out, sw_err *err)
{
    *out = (run_analysis){.run = run};
    out->subjects = mem_calloc(run->n_subjects + 1, sizeof *out->subjects);
    if (out->subjects == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the figures of a run");
    out->n_subjects = run->n_subjects;
    sw_code code = SW_OK;
    for (size_t i = 0; code == SW_OK && i < run->n_subjects; i++)
        code = analyze_subject(run, (int)i, &out->subjects[i], err);
    return code;
}

void run_analysis_free(run_analysis *analysis)
{
    for (size_t i = 0; i < analysis->n_subjects; i++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++)
            summary_free(&analysis->subjects[i].modes[mode]);
    }
    mem_free(analysis->subjects);
    *analysis = (run_analysis){0};
}
