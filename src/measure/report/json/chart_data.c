/* chart_data.c - the data of the page's charts, model by model.
 *
 * ASCII JSON without "<", because some characters end a line or an element for the parser of a script.
 */
#include <math.h>

#include "report/format.h"
#include "report/json/json_parts.h"
#include "report/report.h"

static json_t *times_json(const answer_record *a)
{
    json_t *times = json_array();
    for (size_t i = 0; i < a->n_arrivals; i++)
        json_push(&times, json_real((double)a->arrivals[i].t_ns / 1e9));
    return times;
}

/* Times in seconds since t0, `start` in seconds since the start of the run. */
static json_t *test_json(const summary_row *row)
{
    buf name;
    buf_init(&name, 65536);
    format_name(&name, row->test);
    json_t *const title = name.failed != SW_ENOMEM ? json_string(buf_str(&name)) : NULL;
    buf_free(&name);
    return json_pack("{s:o, s:i, s:i, s:f, s:o, s:o, s:o, s:o}", "name", title, "index", row->test->index, "repeat",
                     row->test->repeat, "start", (double)row->test->start_ms / 1000, "seconds",
                     json_figure(row->metrics.e2e_ms / 1000), "decode", json_figure(row->metrics.decode_tps), "overall",
                     json_figure(row->metrics.overall_tps), "times", times_json(&row->test->answer));
}

/* Pairs of seconds since the start of the run and MiB, of the model's servers. */
static json_t *memory_json(const run_record *run, int subject)
{
    json_t *points = json_array();
    for (size_t i = 0; i < run->n_samples; i++) {
        const resource_sample *const m = &run->samples[i];
        const bool is_known = m->server >= 0 && (size_t)m->server < run->n_servers;
        if (is_known ? run->servers[m->server].subject == subject : run->n_subjects == 1)
            json_push(&points, json_pack("[f, o]", (double)m->t_ms / 1000,
                                         json_figure(m->values.v[SAMPLE_PRIVATE] / (1024.0 * 1024.0))));
    }
    return points;
}

static json_t *sweep_json(const subject_analysis *s)
{
    json_t *points = json_array();
    for (size_t i = 0; i < s->n_sweep; i++)
        json_push(&points,
                  json_pack("[o, o, o]", json_figure(s->sweep[i].value), json_figure(s->sweep[i].repetition_mean),
                            json_figure(s->sweep[i].repetition_max)));
    return points;
}

/* Shares in hundredths of a percent, test by test and layer by layer; null: the server tells nothing. */
static json_t *experts_json(const expert_figures *f)
{
    if (f->n_tests == 0 || f->heat == NULL)
        return json_null();
    json_t *tests = json_array(), *heat = json_array();
    for (size_t t = 0; t < f->n_tests; t++)
        json_push(&tests, json_string(f->tests[t].name));
    for (size_t i = 0; i < f->n_tests * (size_t)f->n_layers * (size_t)f->n_experts; i++)
        json_push(&heat, json_integer(isfinite(f->heat[i]) ? lround(1e4 * f->heat[i]) : 0));
    return json_pack("{s:i, s:i, s:o, s:o}", "layers", f->n_layers, "experts", f->n_experts, "tests", tests, "heat",
                     heat);
}

sw_code report_chart_data(buf *out, const run_analysis *analysis, sw_err *err)
{
    json_t *models = json_array();
    for (size_t i = 0; i < analysis->n_subjects; i++) {
        const subject_analysis *const s = &analysis->subjects[i];
        const run_summary *const m = &s->modes[MODE_STREAM];
        json_t *tests = json_array();
        for (size_t r = 0; r < m->n_rows; r++)
            json_push(&tests, test_json(&m->rows[r]));
        json_push(&models, json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", s->label, "tests", tests, "memory",
                                     memory_json(analysis->run, s->index), "sweep", sweep_json(s), "experts",
                                     experts_json(&s->experts)));
    }
    return json_append(out, json_pack("{s:o}", "models", models), JSON_COMPACT | JSON_ENSURE_ASCII, err);
}
