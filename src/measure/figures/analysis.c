/* analysis.c - computes every figure of a run, model by model. */
#include "figures/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "figures/equality.h"
#include "figures/labels.h"
#include "figures/stress/stress_analysis.h"

enum {
    ANALYSIS_SEED = 18,
    STEADY_TESTS_MIN = 6, // the range of fewer holds the median in less than 95 % of the cases
};

/* ---- steadiness -------------------------------------------------------------------------------------------------- */

/* The last quarter over the first of each answer: pairs, so that slow prompts and fast ones weigh the same. */
static sw_code measure_steadiness(subject_analysis *s, sw_err *err)
{
    const run_summary *const streamed = &s->modes[MODE_STREAM];
    s->steadiness = s->steadiness_low = s->steadiness_high = NAN;
    double *const paces = mem_calloc(streamed->n_rows + 1, sizeof *paces);
    if (paces == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the pace of %zu tests", streamed->n_rows);
    size_t n = 0;
    for (size_t i = 0; i < streamed->n_rows; i++) {
        const summary_row *const row = &streamed->rows[i];
        if (row->test->answer.status == TEST_COMPLETED && !isnan(row->metrics.pace))
            paces[n++] = row->metrics.pace;
    }
    sw_code code = SW_OK;
    interval range = {NAN, NAN};
    if (n >= STEADY_TESTS_MIN)
        code = bootstrap_interval(paces, n, figure_median, BOOTSTRAP_DRAWS, ANALYSIS_SEED, &range, err);
    s->steadiness = figure_median(paces, n);
    s->steadiness_low = range.low;
    s->steadiness_high = range.high;
    mem_free(paces);
    return code;
}

/* ---- quality ----------------------------------------------------------------------------------------------------- */

/* Failed answers are marked too: what a reader gets is worth no more because the stream broke off. */
static void measure_quality(subject_analysis *s)
{
    const run_summary *const streamed = &s->modes[MODE_STREAM];
    double sum = 0;
    int n = 0;
    for (size_t i = 0; i < streamed->n_rows; i++) {
        const content_score c = content_score_of(streamed->rows[i].test, &streamed->rows[i].metrics.repetition);
        sum += isnan(c.mark) ? 0 : c.mark;
        n += !isnan(c.mark);
        s->n_technical_passed += c.n_technical_passed;
        s->n_technical_run += c.n_technical_run;
    }
    s->mark_mean = n > 0 ? sum / n : NAN;
    s->technical_accuracy = s->n_technical_run > 0 ? (double)s->n_technical_passed / s->n_technical_run : NAN;
}

/* ---- sweeps ------------------------------------------------------------------------------------------------------ */

/* "temperature=0.7": 0.7; NAN for a variant without a number. */
static double variant_value(const char *variant)
{
    const char *const sign = strchr(variant, '=');
    char *end = NULL;
    const double value = sign != NULL ? strtod(sign + 1, &end) : NAN;
    return sign != NULL && end != sign + 1 ? value : NAN;
}

static sweep_point *find_point(subject_analysis *s, const char *variant)
{
    for (size_t i = 0; i < s->n_sweep; i++) {
        if (strcmp(s->sweep[i].variant, variant) == 0)
            return &s->sweep[i];
    }
    s->sweep[s->n_sweep] = (sweep_point){.variant = variant, .value = variant_value(variant)};
    return &s->sweep[s->n_sweep++];
}

/* Sums first; the means follow when all are in. */
static void add_to_point(sweep_point *point, const summary_row *row, int *n_marks)
{
    const repetition_score *const r = &row->metrics.repetition;
    const double mark = content_score_of(row->test, r).mark;
    point->n++;
    point->repetition_mean += r->score;
    point->repetition_max = fmax(point->repetition_max, r->score);
    point->n_degenerate += r->verdict == REPETITION_DEGENERATE;
    point->mark_mean += isnan(mark) ? 0 : mark;
    *n_marks += !isnan(mark);
}

static int by_value(const void *a, const void *b)
{
    const sweep_point *const x = a, *const y = b;
    return x->value != y->value && !isnan(x->value) && !isnan(y->value) ? (x->value > y->value) - (x->value < y->value)
                                                                        : strcmp(x->variant, y->variant);
}

static sw_code measure_sweep(subject_analysis *s, sw_err *err)
{
    const run_summary *const swept = &s->modes[MODE_SWEEP];
    s->sweep = mem_calloc(swept->n_rows + 1, sizeof *s->sweep);
    int *const n_marks = mem_calloc(swept->n_rows + 1, sizeof *n_marks);
    if (s->sweep == NULL || n_marks == NULL) {
        mem_free(n_marks);
        return sw_fail(err, SW_ENOMEM, "out of memory for a sweep of %zu tests", swept->n_rows);
    }
    for (size_t i = 0; i < swept->n_rows; i++) {
        sweep_point *const point = find_point(s, swept->rows[i].test->variant);
        if (swept->rows[i].test->answer.status == TEST_COMPLETED)
            add_to_point(point, &swept->rows[i], &n_marks[point - s->sweep]);
    }
    for (size_t i = 0; i < s->n_sweep; i++) {
        s->sweep[i].mark_mean = n_marks[i] > 0 ? s->sweep[i].mark_mean / n_marks[i] : NAN;
        s->sweep[i].repetition_mean /= s->sweep[i].n; // of none: NAN
        s->sweep[i].repetition_max = s->sweep[i].n > 0 ? s->sweep[i].repetition_max : NAN;
    }
    qsort(s->sweep, s->n_sweep, sizeof *s->sweep, by_value);
    mem_free(n_marks);
    return SW_OK;
}

/* ---- the analysis ------------------------------------------------------------------------------------------------ */

/* Which tests and modes of a model differ: nearly all random draws are made here. */
static sw_code compare_parts(const run_record *run, subject_analysis *s, sw_err *err)
{
    const run_summary *const streamed = &s->modes[MODE_STREAM];
    sw_code code = expert_figures_of(run, s->index, ANALYSIS_SEED, &s->experts, err);
    if (code == SW_OK && !run_is_emulated(run)) // whose times mean nothing
        code = mode_changes_of(&s->modes[MODE_REFERENCE], streamed, ANALYSIS_SEED, s->by_offloading, err);
    if (code == SW_OK)
        code = mode_changes_of(&s->modes[MODE_WHOLE], streamed, ANALYSIS_SEED, s->by_streaming, err);
    for (int kind = 0; code == SW_OK && kind < N_PRESERVATIONS; kind++)
        code = preservation_of(run, s->index, s->modes, (preservation_kind)kind, &s->preserved[kind], err);
    return code;
}

static sw_code analyze_stress(const run_record *run, subject_analysis *s, sw_err *err)
{
    s->stress = mem_calloc(1, sizeof *s->stress);
    return s->stress != NULL ? stress_analysis_of(run, s->index, s->stress, err)
                             : sw_fail(err, SW_ENOMEM, "out of memory for the figures of a stress run");
}

/* Of these what criteria ask for. */
static sw_code judge_parts(const run_record *run, subject_analysis *s, sw_err *err)
{
    const sw_code code = expert_figures_brief_of(run, s->index, &s->experts, err);
    if (code != SW_OK)
        return code;
    return preservation_of(run, s->index, s->modes, PRESERVES_OFFLOADED, &s->preserved[PRESERVES_OFFLOADED], err);
}

static sw_code analyze_subject(const run_record *run, int subject, bool is_brief, subject_analysis *out, sw_err *err)
{
    out->subject = &run->subjects[subject];
    out->index = subject;
    sw_code code = SW_OK;
    for (int mode = 0; code == SW_OK && mode < N_TEST_MODES; mode++) {
        if (!is_brief)
            code = summary_of(run, subject, (test_mode)mode, &out->modes[mode], err);
        else if (mode == MODE_STREAM || mode == MODE_COLD || mode == MODE_REFERENCE)
            code = summary_brief_of(run, subject, (test_mode)mode, &out->modes[mode], err);
    }
    if (code == SW_OK)
        code = measure_steadiness(out, err);
    if (code == SW_OK)
        code = measure_sweep(out, err);
    if (code == SW_OK)
        code = is_brief ? judge_parts(run, out, err) : compare_parts(run, out, err);
    if (code != SW_OK)
        return code;
    measure_quality(out);
    out->cold_ttft_ms = out->modes[MODE_COLD].ttft_ms.p50;
    out->memory = memory_figures_of(run, subject);
    out->cause = speed_cause_of(run, subject, &out->modes[MODE_STREAM]);
    return is_brief || run->n_stages == 0 ? SW_OK : analyze_stress(run, out, err);
}

sw_code run_analysis_label(const run_record *run, run_analysis *out, sw_err *err)
{
    char **const labels = mem_calloc(run->n_subjects + 1, sizeof *labels);
    if (labels == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the names of %zu models", run->n_subjects);
    const sw_code code = labels_of(run, labels, err);
    for (size_t i = 0; i < run->n_subjects; i++)
        out->subjects[i].label = labels[i];
    mem_free(labels);
    return code;
}

static sw_code analyze(const run_record *run, bool is_brief, run_analysis *out, sw_err *err)
{
    *out = (run_analysis){.run = run};
    out->subjects = mem_calloc(run->n_subjects + 1, sizeof *out->subjects);
    if (out->subjects == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for the figures of a run");
    out->n_subjects = run->n_subjects;
    sw_code code = run_analysis_label(run, out, err);
    for (size_t i = 0; code == SW_OK && i < run->n_subjects; i++)
        code = analyze_subject(run, (int)i, is_brief, &out->subjects[i], err);
    return code;
}

sw_code run_analysis_of(const run_record *run, run_analysis *out, sw_err *err)
{
    return analyze(run, /*is_brief=*/false, out, err);
}

sw_code run_analysis_brief_of(const run_record *run, run_analysis *out, sw_err *err)
{
    return analyze(run, /*is_brief=*/true, out, err);
}

void run_analysis_free(run_analysis *analysis)
{
    for (size_t i = 0; i < analysis->n_subjects; i++) {
        for (int mode = 0; mode < N_TEST_MODES; mode++)
            summary_free(&analysis->subjects[i].modes[mode]);
        for (int kind = 0; kind < N_PRESERVATIONS; kind++)
            preservation_free(&analysis->subjects[i].preserved[kind]);
        expert_figures_free(&analysis->subjects[i].experts);
        mem_free(analysis->subjects[i].stress);
        mem_free(analysis->subjects[i].sweep);
        mem_free(analysis->subjects[i].label);
    }
    mem_free(analysis->subjects);
    *analysis = (run_analysis){0};
}
