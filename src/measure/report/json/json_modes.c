/* json_modes.c - what was found about a model in each mode: figures, repetitions, goodput, what a reader sees. */
#include "figures/reading.h"
#include "report/json/json_parts.h"
#include "report/run_objectives.h"
#include "report/test_figures.h"

static json_t *spread_json(const spread *s)
{
    json_t *json = json_pack("{s:I}", "n", (json_int_t)s->n);
    json_put_figure(&json, "mean", s->mean);
    json_put_figure(&json, "sd", s->sd);
    json_put_figure(&json, "cv", s->cv);
    json_put_figure(&json, "low", s->range.low);
    json_put_figure(&json, "high", s->range.high);
    return json;
}

/* Of every test, its repetitions together. */
static json_t *spreads_json(const run_summary *m)
{
    json_t *all = json_array();
    for (size_t i = 0; i < m->n_tests; i++) {
        const test_spread *const t = &m->tests[i];
        json_t *test = json_pack("{s:s, s:s, s:i, s:i, s:i}", "name", t->test->plan.name, "variant",
                                 t->test->variant != NULL ? t->test->variant : "", "index", t->test->index, "asked",
                                 t->n_asked, "completed", t->n_completed);
        json_put(&test, "decode_tps", spread_json(&t->decode_tps));
        json_put(&test, "overall_tps", spread_json(&t->overall_tps));
        json_put(&test, "ttft_ms", spread_json(&t->ttft_ms));
        json_put(&test, "itl_p50_ms", spread_json(&t->itl_p50_ms));
        json_put(&test, "e2e_ms", spread_json(&t->e2e_ms));
        json_put(&test, "repetition", spread_json(&t->repetition));
        json_push(&all, test);
    }
    return all;
}

/* null without objectives. */
static json_t *goodput_json(const run_summary *m, const objectives *slo)
{
    if (!objectives_are_set(slo))
        return json_null();
    const goodput g = goodput_of(m, slo);
    json_t *json = json_pack("{s:i, s:i}", "good", g.n_good, "asked", g.n_asked);
    json_put_figure(&json, "attainment", g.attainment);
    json_put_figure(&json, "low", g.range.low);
    json_put_figure(&json, "high", g.range.high);
    json_put_figure(&json, "per_s", g.per_s);
    return json;
}

/* NULL when memory is short. */
static json_t *reading_json(const run_summary *m)
{
    reading_figures f;
    if (reading_figures_of(m, &f, NULL) != SW_OK)
        return NULL;
    json_t *json = json_pack("{s:I}", "answers", (json_int_t)f.n_answers);
    json_put_figure(&json, "first_word_ms", f.first_word_ms);
    json_put_figure(&json, "first_sentence_ms", f.first_sentence_ms);
    json_put_figure(&json, "late_share", f.late_share);
    return json;
}

static json_t *mode_json(const run_summary *m, const objectives *slo)
{
    json_t *json = json_object();
    for (int i = 0; i < N_MODE_FIGURES; i++)
        json_put_figure(&json, MODE_FIGURES[i].name, MODE_FIGURES[i].value(m));
    json_put(&json, "test_decode_tps", json_of_stats(&m->test_decode_tps));
    json_put(&json, "ttft_ms", json_of_stats(&m->ttft_ms));
    json_put(&json, "itl_ms", json_of_stats(&m->itl_ms));
    json_put(&json, "memory_private_peak_bytes",
             m->has_memory ? json_integer((json_int_t)m->peak_private_bytes) : json_null());
    json_put(&json, "memory_rss_peak_bytes", m->has_memory ? json_integer((json_int_t)m->peak_rss_bytes) : json_null());
    json_put(&json, "goodput", goodput_json(m, slo));
    json_put(&json, "reading", reading_json(m));
    json_put(&json, "tests", spreads_json(m));
    return json;
}

json_t *json_of_modes(const run_analysis *a, const subject_analysis *s)
{
    const objectives slo = run_objectives(a->run);
    json_t *modes = json_object();
    for (int mode = 0; mode < N_TEST_MODES; mode++) {
        if (s->modes[mode].n_rows > 0)
            json_put(&modes, test_mode_name((test_mode)mode), mode_json(&s->modes[mode], &slo));
    }
    return modes;
}
