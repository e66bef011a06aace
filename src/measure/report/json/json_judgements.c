/* json_judgements.c - what the figures of a model amount to: readiness, recommendations, preserved quality. */
#include "figures/readiness.h"
#include "figures/recommendations.h"
#include "report/json/json_parts.h"

json_t *json_of_readiness(const run_analysis *a, const criteria_list *criteria, const subject_analysis *s)
{
    const readiness r = readiness_of(a->run, criteria, s->index);
    json_t *rows = json_array();
    for (size_t i = 0; i < r.n_rows; i++)
        json_push(&rows, json_pack("{s:s, s:s, s:s}", "criterion", r.rows[i]->id, "verdict",
                                   criterion_verdict_name(r.rows[i]->verdict), "found", r.rows[i]->found));
    return json_pack("{s:s, s:s, s:o}", "verdict", readiness_name(r.verdict), "why", r.why, "decided_by", rows);
}

json_t *json_of_recommendations(const run_analysis *a, const criteria_list *criteria, const subject_analysis *s)
{
    recommendation_list list;
    recommendations_of(a, criteria, s->index, &list);
    json_t *all = json_array();
    for (size_t i = 0; i < list.n; i++) {
        const recommendation *const r = &list.items[i];
        json_push(&all, json_pack("{s:s, s:s, s:s, s:s}", "id", r->id, "change", r->change, "expected_effect",
                                  r->effect, "evidence", r->evidence));
    }
    return all;
}

/* ---- preservation ------------------------------------------------------------------------------------------------ */

/* Of a test, or of all. */
static json_t *counts_json(const preserved_counts *c)
{
    json_t *json = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "pairs", c->n_pairs, "equal", c->n_equal, "by_tokens",
                             c->n_by_tokens, "checks", c->n_checks, "checks_won", c->n_won, "checks_lost", c->n_lost);
    json_put_figure(&json, "common_share", c->common_share);
    json_put_figure(&json, "first_difference", c->first_difference);
    json_put_figure(&json, "mark_change", c->mark_change);
    json_put_figure(&json, "repetition_change", c->repetition_change);
    return json;
}

static json_t *change_json(const paired_change *c)
{
    json_t *json = json_pack("{s:I}", "pairs", (json_int_t)c->n);
    json_put_figure(&json, "base", c->a);
    json_put_figure(&json, "new", c->b);
    json_put_figure(&json, "difference", c->difference);
    json_put_figure(&json, "low", c->range.low);
    json_put_figure(&json, "high", c->range.high);
    json_put_figure(&json, "p_value", c->p_value);
    return json;
}

static json_t *comparison_json(const preservation *p)
{
    json_t *json = counts_json(&p->all), *tests = json_array();
    for (size_t i = 0; i < p->n_tests; i++) {
        json_t *test = counts_json(&p->tests[i].counts);
        json_put(&test, "name", json_string(p->tests[i].test->plan.name));
        json_put(&test, "index", json_integer(p->tests[i].test->index));
        json_push(&tests, test);
    }
    json_put(&json, "compared", json_string(preservation_meaning(p->kind)));
    json_put(&json, "verdict", json_string(preservation_verdict_name(p->verdict)));
    json_put(&json, "why", json_string(p->why));
    if (p->forced.n_positions > 0)
        json_put(&json, "forced",
                 json_pack("{s:b, s:i, s:i}", "equal", p->forced.is_equal, "positions", p->forced.n_positions,
                           "same_likeliest", p->forced.n_same));
    json_put(&json, "words", json_string(p->words));
    json_put(&json, "different_pairs", json_integer((json_int_t)p->n_distinct));
    json_put_figure(&json, "checks_p_value", p->checks_p_value);
    json_put(&json, "mark", change_json(&p->mark));
    json_put(&json, "repetition", change_json(&p->repetition));
    json_put(&json, "tests", tests);
    return json;
}

json_t *json_of_preservation(const subject_analysis *s)
{
    json_t *json = json_object();
    for (int kind = 0; kind < N_PRESERVATIONS; kind++)
        json_put(&json, preservation_name((preservation_kind)kind), comparison_json(&s->preserved[kind]));
    return json;
}
