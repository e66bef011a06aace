/* overview_entry.c - copies of one model of a run what a page of many shows. */
#include "overview/overview_entry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "figures/content.h"
#include "figures/run_alike.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

/* ---- texts ------------------------------------------------------------------------------------------------------- */

/* The number of a text, which equal ones share; -1 when memory is short. */
static int number_of(overview *o, const char *text)
{
    const size_t n = strlen(text);
    const int64_t found = strmap_find(&o->numbers, text, n);
    if (found >= 0)
        return (int)found;
    const char *const copy = arena_copy(o->keep, text, n);
    if (copy == NULL || !mem_grow(&o->texts, &o->cap_texts, o->n_texts + 1, sizeof *o->texts) ||
        strmap_add(&o->numbers, copy, n, (uint32_t)o->n_texts) != STRMAP_ADDED)
        return -1;
    o->texts[o->n_texts] = copy;
    return (int)o->n_texts++;
}

/* The server that was measured, not its reference; -1: none is known. */
static int server_of(const run_record *run, int subject)
{
    for (size_t i = 0; i < run->n_servers; i++) {
        if (run->servers[i].subject == subject && run->servers[i].side != SIDE_REFERENCE)
            return (int)i;
    }
    return -1;
}

static sw_code take_texts(overview *o, const run_analysis *a, overview_entry *e, int subject, sw_err *err)
{
    const int server = server_of(a->run, subject);
    buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    bool is_whole = true;
    for (size_t i = 0; i < N_CONDITIONS; i++) {
        buf_clear(&text);
        condition_put(&text, (condition)i, a->run, subject, server);
        is_whole &= (e->conditions[i] = number_of(o, buf_str(&text))) >= 0;
    }
    for (size_t i = 0; i < OVERVIEW_PARTS_MAX && run_part_name(i) != NULL; i++) {
        buf_clear(&text);
        run_part_put(&text, a->run, i, subject);
        is_whole &= (e->parts[i] = number_of(o, buf_str(&text))) >= 0;
    }
    is_whole &= text.failed == SW_OK;
    buf_free(&text);
    return is_whole ? SW_OK : overview_no_memory(err);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static bool is_test(const overview_test_id *id, const test_plan *plan)
{
    return id->max_tokens == plan->max_tokens && strcmp(id->name, plan->name) == 0 &&
           strcmp(id->prompt, plan->prompt) == 0;
}

/* The position of a test, which is nearly always at or after *hint; -1: there are too many, -2: memory is short. */
static int find_test(overview *o, const test_plan *plan, size_t *hint)
{
    for (size_t k = 0; k < o->n_tests; k++) {
        const size_t i = (*hint + k) % o->n_tests;
        if (is_test(&o->tests[i], plan)) {
            *hint = i;
            return (int)i;
        }
    }
    if (o->n_tests == OVERVIEW_TESTS_MAX)
        return -1;
    const overview_test_id id = {overview_keep(o, plan->name), overview_keep(o, plan->prompt), plan->max_tokens};
    if (id.name == NULL || id.prompt == NULL)
        return -2;
    *hint = o->n_tests;
    o->tests[o->n_tests] = id;
    return (int)o->n_tests++;
}

static int by_test(const void *a, const void *b)
{
    const overview_value *const x = a, *const y = b;
    return x->test != y->test ? (x->test > y->test) - (x->test < y->test)
                              : (x->repeat > y->repeat) - (x->repeat < y->repeat);
}

/* The metrics of every completed answer. */
static sw_code take_values(overview *o, const run_analysis *a, const run_summary *m, overview_entry *e, sw_err *err)
{
    e->values = mem_calloc(m->n_rows + 1, sizeof *e->values);
    if (e->values == NULL)
        return overview_no_memory(err);
    size_t hint = 0;
    for (size_t i = 0; i < m->n_rows; i++) {
        const test_record *const t = m->rows[i].test;
        const int test = find_test(o, &t->plan, &hint);
        if (test == -2)
            return overview_no_memory(err);
        o->n_tests_left_out += test < 0;
        if (test < 0 || t->answer.status != TEST_COMPLETED)
            continue;
        overview_value *const value = &e->values[e->n_values++];
        *value = (overview_value){.test = test, .repeat = t->repeat};
        for (int k = 0; k < N_COMPARE_METRICS; k++)
            value->v[k] = overview_has_metric((compare_metric)k)
                              ? compare_metric_of((compare_metric)k, a->run, &m->rows[i])
                              : NAN;
    }
    qsort(e->values, e->n_values, sizeof *e->values, by_test);
    return SW_OK;
}

static void count_checks(const run_summary *m, int index, overview_test *out)
{
    for (size_t i = 0; i < m->n_rows; i++) {
        if (m->rows[i].test->index != index)
            continue;
        const content_score c = content_score_of(m->rows[i].test, &m->rows[i].metrics.repetition);
        out->n_passed += c.n_passed;
        out->n_run += c.n_run;
    }
}

static sw_code take_tests(overview *o, const run_summary *m, overview_entry *e, sw_err *err)
{
    e->tests = mem_calloc(m->n_tests + 1, sizeof *e->tests);
    if (e->tests == NULL)
        return overview_no_memory(err);
    size_t hint = 0;
    for (size_t i = 0; i < m->n_tests; i++) {
        const test_spread *const from = &m->tests[i];
        const int test = find_test(o, &from->test->plan, &hint);
        if (test < 0)
            continue;
        overview_test *const to = &e->tests[e->n_tests++];
        *to = (overview_test){test, from->n_completed, from->n_asked, from->overall_tps.mean, from->ttft_ms.mean, 0, 0};
        count_checks(m, from->test->index, to);
    }
    return SW_OK;
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static sw_code take_medians(overview_entry *e, sw_err *err)
{
    double *const values = mem_calloc(e->n_values + 1, sizeof *values);
    if (values == NULL)
        return overview_no_memory(err);
    for (int m = 0; m < N_COMPARE_METRICS; m++) {
        size_t n = 0;
        for (size_t i = 0; i < e->n_values; i++) {
            if (isfinite(e->values[i].v[m]))
                values[n++] = e->values[i].v[m];
        }
        qsort(values, n, sizeof *values, ascending);
        e->figures[m] = (overview_figure){
            .n = n, .median = stats_percentile(values, n, 50), .range = median_interval(values, n), .p_value = NAN};
    }
    mem_free(values);
    return SW_OK;
}

static void take_figures(const run_analysis *a, const subject_analysis *s, overview_entry *e)
{
    const run_summary *const m = &s->modes[MODE_STREAM];
    e->n_parameters = (double)s->subject->n_parameters;
    e->n_active_parameters = (double)s->subject->n_active_parameters;
    e->memory = s->memory;
    e->overall_tps = m->overall_tps;
    e->decode_tps = m->decode_tps;
    e->ttft_ms = m->ttft_ms.p50;
    e->mark_mean = s->mark_mean;
    e->mean_repetition = m->mean_repetition;
    e->memory_bytes = compare_metric_of_model(COMPARE_MEMORY, a->run, s);
    e->n_technical_passed = s->n_technical_passed;
    e->n_technical_run = s->n_technical_run;
    e->n_completed = m->n_completed;
    e->n_planned = m->n_planned;
    e->n_expert_tests = (int)s->experts.n_tests;
    e->n_experts = s->experts.n_experts;
    e->n_experts_used = s->experts.n_used;
    e->experts = s->experts.all;
    e->experts.name = "";
}

/* ---- criteria ---------------------------------------------------------------------------------------------------- */

/* -1: there are too many, or memory is short. */
static int find_criterion(overview *o, const char *id)
{
    for (size_t i = 0; i < o->n_criteria; i++) {
        if (strcmp(o->criteria[i], id) == 0)
            return (int)i;
    }
    const char *const copy = o->n_criteria < OVERVIEW_CRITERIA_MAX ? overview_keep(o, id) : NULL;
    if (copy == NULL)
        return -1;
    o->criteria[o->n_criteria] = copy;
    return (int)o->n_criteria++;
}

/* "steady-speed, accurate". */
static const char *limits_of(overview *o, const readiness *r)
{
    buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    buf_puts(&text, r->why);
    for (size_t i = 0; i < r->n_rows; i++)
        buf_printf(&text, "%s%s", text.size > 0 ? ", " : "", r->rows[i]->id);
    const char *const kept = text.failed == SW_OK ? overview_keep(o, buf_str(&text)) : NULL;
    buf_free(&text);
    return kept;
}

static sw_code take_criteria(overview *o, const run_analysis *a, const criteria_list *list, int subject,
                             overview_entry *e, sw_err *err)
{
    memset(e->criteria, -1, sizeof e->criteria);
    for (size_t i = 0; i < list->n; i++) {
        if (list->rows[i].is_expectation || list->rows[i].subject != subject)
            continue;
        const int k = find_criterion(o, list->rows[i].id);
        if (k < 0)
            return overview_no_memory(err);
        e->criteria[k] = (signed char)list->rows[i].verdict;
    }
    const readiness r = readiness_of(a->run, list, subject);
    e->readiness = r.verdict;
    e->limits = limits_of(o, &r);
    return e->limits != NULL ? SW_OK : overview_no_memory(err);
}

/* ---- the entry --------------------------------------------------------------------------------------------------- */

static sw_code take_preserved(overview *o, const preservation *p, overview_entry *e, sw_err *err)
{
    const paired_change *const mark = &p->mark;
    e->preserved = (overview_preserved){p->verdict, overview_keep(o, p->why), p->all, mark->difference,
                                        mark->is_equal ? (interval){NAN, NAN} : mark->range};
    return e->preserved.why != NULL ? SW_OK : overview_no_memory(err);
}

static void take_reviews(const review_figures *reviews, int subject, overview_entry *e)
{
    for (size_t i = 0; i < reviews->n_models; i++) {
        if (reviews->models[i].subject == subject)
            e->reviews = reviews->models[i];
    }
}

sw_code overview_add_entry(overview *o, const run_analysis *a, const criteria_list *list, const review_figures *reviews,
                           size_t subject, sw_err *err)
{
    if (!mem_grow(&o->entries, &o->cap_entries, o->n_entries + 1, sizeof *o->entries))
        return overview_no_memory(err);
    overview_entry *const e = &o->entries[o->n_entries++];
    *e = (overview_entry){.run = (int)o->n_runs - 1, .group = -1};
    const subject_analysis *const s = &a->subjects[subject];
    e->model = e->label = overview_keep(o, s->label);
    if (e->model == NULL)
        return overview_no_memory(err);
    take_figures(a, s, e);
    take_reviews(reviews, (int)subject, e);
    sw_code code = take_preserved(o, &s->preserved[PRESERVES_OFFLOADED], e, err);
    if (code == SW_OK)
        code = take_texts(o, a, e, (int)subject, err);
    if (code == SW_OK)
        code = take_values(o, a, &s->modes[MODE_STREAM], e, err);
    if (code == SW_OK)
        code = take_tests(o, &s->modes[MODE_STREAM], e, err);
    if (code == SW_OK)
        code = take_medians(e, err);
    return code == SW_OK ? take_criteria(o, a, list, (int)subject, e, err) : code;
}
