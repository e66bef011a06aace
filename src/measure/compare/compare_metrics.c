/* compare_metrics.c - values of the table, and thresholds from a command line. */
#include "compare/compare_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "figures/equality.h"
#include "figures/stress/stress_analysis.h"

#define METRIC_ROW(name, text, unit, scope, higher, relative, allowed, same, meaning)                                  \
    {text, unit, meaning, scope, higher, relative, allowed, same},
const compare_metric_row COMPARE_METRIC_ROWS[N_COMPARE_METRICS] = {COMPARE_METRICS(METRIC_ROW)};
#undef METRIC_ROW

/* ---- limits ------------------------------------------------------------------------------------------------------ */

compare_limits compare_limits_default(void)
{
    compare_limits limits;
    for (int i = 0; i < N_COMPARE_METRICS; i++)
        limits.allowed[i] = COMPARE_METRIC_ROWS[i].allowed;
    return limits;
}

static int find_metric(const char *name, size_t n)
{
    for (int i = 0; i < N_COMPARE_METRICS; i++) {
        if (strlen(COMPARE_METRIC_ROWS[i].name) == n && memcmp(COMPARE_METRIC_ROWS[i].name, name, n) == 0)
            return i;
    }
    return -1;
}

static sw_code unknown_metric(const char *text, sw_err *err)
{
    buf names;
    buf_init(&names, 1024);
    for (int i = 0; i < N_COMPARE_METRICS; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", COMPARE_METRIC_ROWS[i].name);
    const sw_code code = sw_fail(err, SW_EINVAL, "--threshold takes METRIC=VALUE, not '%.60s'; METRIC is one of %s",
                                 text, buf_str(&names));
    buf_free(&names);
    return code;
}

sw_code compare_limits_set(compare_limits *limits, const char *text, sw_err *err)
{
    const char *const sign = strchr(text, '=');
    const int metric = sign != NULL ? find_metric(text, (size_t)(sign - text)) : -1;
    if (metric < 0)
        return unknown_metric(text, err);
    if (strcmp(sign + 1, "off") == 0) {
        limits->allowed[metric] = NAN;
        return SW_OK;
    }
    char *end;
    const double value = strtod(sign + 1, &end);
    const bool is_number = strspn(sign + 1, "0123456789.") == (size_t)(end - sign - 1) && end > sign + 1;
    end += *end == '%' && COMPARE_METRIC_ROWS[metric].is_relative;
    if (!is_number || *end != '\0' || value > 1e6)
        return sw_fail(
            err, SW_EINVAL,
            "--threshold %s takes how much it may get worse%s: a number from 0 to 1000000, or off, not '%.60s'",
            COMPARE_METRIC_ROWS[metric].name, COMPARE_METRIC_ROWS[metric].is_relative ? ", in %" : "", sign + 1);
    limits->allowed[metric] = value;
    return SW_OK;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* A cold request has few tokens, and is asked for its first; an answer that is not streamed has none. */
bool compare_metric_is_of(compare_metric metric, test_mode mode)
{
    switch (metric) {
    case COMPARE_DECODE:
    case COMPARE_ITL_P95: return mode != MODE_WHOLE && mode != MODE_COLD;
    case COMPARE_TTFT: return mode != MODE_WHOLE;
    case COMPARE_OVERALL: return mode != MODE_COLD;
    case COMPARE_REPETITION:
    case COMPARE_MARK: return mode == MODE_STREAM || mode == MODE_SWEEP;
    case COMPARE_CONSISTENCY: return mode == MODE_STREAM;
    default: return false;
    }
}

/* 100 if the un-offloaded side gave the same answer, else 0; NAN if it was not asked, or answers are not known. */
static double consistency_of(const run_record *run, const test_record *test)
{
    if (!answer_is_known(&test->answer))
        return NAN;
    for (size_t i = 0; i < run->n_tests; i++) {
        const test_record *const t = &run->tests[i];
        if (!t->is_warmup && t->mode == MODE_REFERENCE && t->subject == test->subject && t->index == test->index &&
            t->repeat == test->repeat && t->plan.seed == test->plan.seed && t->answer.status == TEST_COMPLETED)
            return answers_are_equal(&t->answer, &test->answer) ? 100 : 0;
    }
    return NAN;
}

double compare_metric_of(compare_metric metric, const run_record *run, const summary_row *row)
{
    const test_metrics *const m = &row->metrics;
    switch (metric) {
    case COMPARE_DECODE: return m->decode_tps;
    case COMPARE_OVERALL: return m->overall_tps;
    case COMPARE_TTFT: return m->ttft_ms;
    case COMPARE_ITL_P95: return stats_has_p95(&m->itl_ms) ? m->itl_ms.p95 : NAN;
    case COMPARE_REPETITION: return m->repetition.score;
    case COMPARE_CONSISTENCY: return consistency_of(run, row->test);
    case COMPARE_MARK: return row->mark;
    default: return NAN;
    }
}

/* A figure of a stress run, times `scale`; NAN. */
static double stress_value(const subject_analysis *model, stress_figure_id id, double scale)
{
    const stress_figure *const f = model->stress != NULL ? &model->stress->figures.v[id] : NULL;
    return f != NULL && f->state == FIGURE_MEASURED ? scale * f->value : NAN;
}

static double peak_of(const run_record *run, int subject, sample_figure figure)
{
    double highest = NAN;
    for (size_t i = 0; i < run->n_samples; i++) {
        const resource_sample *const s = &run->samples[i];
        if (s->server < 0 || (size_t)s->server >= run->n_servers)
            continue;
        const server_record *const server = &run->servers[s->server];
        if (server->subject == subject && server->side != SIDE_REFERENCE)
            highest = fmax(highest, s->values.v[figure]); // fmax ignores a NAN
    }
    return highest;
}

double compare_metric_of_model(compare_metric metric, const run_record *run, const subject_analysis *model)
{
    switch (metric) {
    case COMPARE_VRAM: return peak_of(run, model->index, SAMPLE_GPU_PROCESS);
    case COMPARE_MEMORY: return peak_of(run, model->index, SAMPLE_PRIVATE);
    case COMPARE_SUSTAINED: return stress_value(model, FIGURE_SUSTAINED_TPS, 1);
    case COMPARE_AGREEMENT: return stress_value(model, FIGURE_TOP_AGREEMENT, 100);
    case COMPARE_ACCURACY: return stress_value(model, FIGURE_ACCURACY, 100);
    case COMPARE_RETENTION: return stress_value(model, FIGURE_RETENTION, 100);
    case COMPARE_RECALL: return stress_value(model, FIGURE_RECALL, 100);
    default: return NAN;
    }
}
