/* json_test.c - one request with its prompt, answer, figures and checks. */
#include "figures/temperature_used.h"
#include "report/json/json_parts.h"
#include "report/test_figures.h"

static json_t *repetition_json(const repetition_score *r)
{
    json_t *rep_n = json_array();
    for (int i = 0; i < REP_N_MAX; i++)
        json_push(&rep_n, json_figure(r->rep_n[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I, s:{s:I, s:I, s:I, s:I}, s:s}", "score", json_figure(r->score),
                     "score_units", json_figure(r->score_units), "window_max", json_figure(r->window_max), "rep_n",
                     rep_n, "longest_repeat_share", json_figure(r->longest_repeat_share), "line_repeat_max",
                     (json_int_t)r->line_repeat_max, "tail_loop", "period", (json_int_t)r->tail_loop.period, "repeats",
                     (json_int_t)r->tail_loop.repeats, "span", (json_int_t)r->tail_loop.span, "start",
                     (json_int_t)r->tail_loop.start, "verdict", repetition_verdict_name(r->verdict));
}

/* The figures of the table, and what is not a number. */
static json_t *metrics_json(const summary_row *row)
{
    const test_metrics *const m = &row->metrics;
    json_t *json = json_object();
    for (int i = 0; i < N_TEST_FIGURES; i++)
        json_put_figure(&json, TEST_FIGURES[i].name, TEST_FIGURES[i].value(row));
    json_put(&json, "count", json_string(m->counted_events ? "events" : "usage"));
    json_put(&json, "counts_differ", json_boolean(m->counts_differ));
    json_put(&json, "decode_by_events", json_boolean(m->decode_by_events));
    json_put(&json, "warm_prefix", json_boolean(m->is_warm));
    const char *const missing = metrics_decode_reason(m->decode);
    json_put(&json, "decode_missing", missing != NULL ? json_string(missing) : json_null());
    json_put(&json, "itl_ms", json_of_stats(&m->itl_ms));
    json_put(&json, "repetition_detail", repetition_json(&m->repetition));
    return json;
}

static json_t *checks_json(const test_record *test)
{
    json_t *list = json_array();
    for (size_t i = 0; i < test->n_checks; i++) {
        const check_record *const c = &test->checks[i];
        json_push(&list, json_pack("{s:s, s:s, s:b, s:o, s:s, s:s}", "name", c->name, "kind", c->kind, "technical",
                                   c->is_technical, "weight", json_figure(c->weight), "outcome",
                                   check_outcome_name(c->outcome), "detail", c->detail));
    }
    return list;
}

static json_t *plan_json(const test_plan *p)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:o, s:I, s:s}", "name", p->name, "group", p->group, "kind",
                     text_form_name(p->form), "prompt", p->prompt, "max_tokens", p->max_tokens, "temperature",
                     json_figure(p->temperature), "seed", (json_int_t)p->seed, "expected",
                     p->expected != NULL ? p->expected : "");
}

/* How it ended and what the server said. */
static json_t *answer_json(const answer_record *a)
{
    return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s}", "status",
                     test_status_name(a->status), "error", a->error, "http_status", a->http_status, "finish_reason",
                     a->finish_reason, "server_model", a->model, "server_fingerprint", a->fingerprint,
                     "completion_tokens", json_of_integer(a->completion_tokens), "reasoning_tokens",
                     json_of_integer(a->reasoning_tokens), "server_temperature", json_figure(a->temperature),
                     "server_queue_ms", json_figure(a->queue_ms), "server_prompt_ms", json_figure(a->prompt_ms),
                     "server_decode_ms", json_figure(a->decode_ms), "answer", a->text, "reasoning", a->reasoning);
}

/* Beside the one that was asked for. */
static json_t *temperature_json(const run_record *run, const test_record *test)
{
    const temperature_used t = temperature_used_of(run, test);
    return json_pack("{s:o, s:s, s:s}", "temperature_used", json_figure(t.value), "temperature_interval", t.interval,
                     "temperature_source", t.source);
}

/* Moves the members of `from` into *to; *to becomes NULL when memory is or was short. */
static void merge(json_t **to, json_t *from)
{
    if (json_object_update(*to, from) != 0) {
        json_decref(*to);
        *to = NULL;
    }
    json_decref(from);
}

json_t *json_of_test(const run_analysis *a, const summary_row *row)
{
    const test_record *const t = row->test;
    json_t *test =
        json_pack("{s:i, s:s, s:s, s:s, s:i, s:i, s:i, s:I}", "model", t->subject, "model_name",
                  t->subject >= 0 && (size_t)t->subject < a->n_subjects ? a->subjects[t->subject].subject->name : "",
                  "mode", test_mode_name(t->mode), "variant", t->variant != NULL ? t->variant : "", "index", t->index,
                  "repeat", t->repeat, "server", t->server, "start_ms", (json_int_t)t->start_ms);
    merge(&test, plan_json(&t->plan));
    merge(&test, answer_json(&t->answer));
    merge(&test, temperature_json(a->run, t));
    json_put(&test, "metrics", metrics_json(row));
    json_put(&test, "checks", checks_json(t));
    return test;
}
