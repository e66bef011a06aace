/* json_reviews.c - what people say of the answers, by test, and how far it agrees with the automatic figures. */
#include "figures/review_figures.h"
#include "report/json/json_parts.h"

static json_t *score_json(int score)
{
    return score != 0 ? json_integer(score) : json_null();
}

static json_t *review_json(const run_record *run, const review_record *r)
{
    const test_record *const t = &run->tests[r->test];
    json_t *json = json_pack("{s:i, s:s, s:s, s:i, s:i, s:s}", "model", t->subject, "mode", test_mode_name(t->mode),
                             "variant", t->variant, "index", t->index, "repeat", t->repeat, "reviewer", r->reviewer);
    for (int i = 0; i < N_REVIEW_SCORES; i++)
        json_put(&json, review_score_name((review_score)i), score_json(r->scores[i]));
    json_t *flags = json_array();
    for (int i = 0; i < N_REVIEW_FLAGS; i++) {
        if (r->flags[i])
            json_push(&flags, json_string(review_flag_name((review_flag)i)));
    }
    json_put(&json, "flags", flags);
    json_put(&json, "note", json_string(r->note));
    json_put(&json, "unix_ms", json_integer(r->unix_ms));
    return json;
}

static json_t *agreement_json(const agreement *g)
{
    json_t *json = json_pack("{s:I}", "pairs", (json_int_t)g->n);
    json_put_figure(&json, "mean_difference", g->mean_difference);
    json_put_figure(&json, "low", g->difference_range.low);
    json_put_figure(&json, "high", g->difference_range.high);
    json_put_figure(&json, "rank_correlation", g->rank_correlation);
    json_put_figure(&json, "within_one", g->within_one);
    return json;
}

static json_t *group_json(const review_group *g)
{
    json_t *json = json_pack("{s:i, s:I}", "model", g->subject, "reviews", (json_int_t)g->n);
    for (int i = 0; i < N_REVIEW_SCORES; i++)
        json_put_figure(&json, review_score_name((review_score)i), g->means[i]);
    json_put_figure(&json, "mark", g->mark);
    for (int i = 0; i < N_REVIEW_FLAGS; i++)
        json_put(&json, review_flag_name((review_flag)i), json_integer((json_int_t)g->n_flags[i]));
    return json;
}

static json_t *groups_json(const review_group *groups, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *group = group_json(&groups[i]);
        if (groups[i].test != NULL)
            json_put(&group, "index", json_integer(groups[i].test->index));
        json_push(&list, group);
    }
    return list;
}

static json_t *flags_json(const flag_counts counts[N_REVIEW_FLAGS])
{
    json_t *json = json_object();
    for (int i = 0; i < N_REVIEW_FLAGS; i++) {
        const flag_counts *const c = &counts[i];
        if (REVIEW_FINDINGS[i][0] != '\0')
            json_put(&json, review_flag_name((review_flag)i),
                     json_pack("{s:I, s:I, s:I, s:I}", "both", (json_int_t)c->n_both, "person_only",
                               (json_int_t)c->n_person, "program_only", (json_int_t)c->n_program, "neither",
                               (json_int_t)c->n_neither));
    }
    return json;
}

static json_t *pairs_json(const review_figures *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->n_pairs; i++) {
        const reviewer_pair *const p = &f->pairs[i];
        json_t *pair = json_pack("{s:s, s:s}", "a", p->a, "b", p->b);
        for (int k = 0; k < N_REVIEW_SCORES; k++)
            json_put(&pair, review_score_name((review_score)k),
                     json_pack("{s:I, s:o}", "answers", (json_int_t)p->n[k], "kappa", json_figure(p->kappa[k])));
        json_push(&list, pair);
    }
    return list;
}

static json_t *reviews_json(const run_analysis *a, const review_figures *f)
{
    json_t *scores = json_array();
    for (size_t i = 0; i < a->run->n_reviews; i++)
        json_push(&scores, review_json(a->run, &a->run->reviews[i]));
    return json_pack("{s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o}", "scores", scores, "models",
                     groups_json(f->models, f->n_models), "tests", groups_json(f->tests, f->n_tests), "agreement",
                     "content", agreement_json(&f->content), "accuracy", agreement_json(&f->accuracy), "flags",
                     flags_json(f->flags), "reviewers", pairs_json(f));
}

json_t *json_with_reviews(json_t *report, const run_analysis *a)
{
    review_figures f;
    if (a->run->n_reviews == 0)
        return report;
    const bool ok = review_figures_of(a, &f, NULL) == SW_OK;
    json_put(&report, "reviews", ok ? reviews_json(a, &f) : NULL);
    review_figures_free(&f);
    return report;
}
