/* store_read_tests.c - loads the tests of a run with their events, checks and experts. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "results/store_load.h"
#include "results/store_row.h"
#include "results/store_schema.h"

/* ---- one row ---------------------------------------------------------------------------------------------------- */

static void read_plan(row *r, test_record *t)
{
    test_plan *const p = &t->plan;
    t->is_warmup = strcmp(row_string(r), "warmup") == 0;
    t->index = row_int(r, 0);
    t->repeat = row_int(r, 0);
    t->start_ms = row_integer(r, 0, ROW_NUMBER_MAX);
    p->name = row_string(r);
    p->group = row_string(r);
    p->prompt = row_string(r);
    const int form = text_form_from_name(row_string(r));
    p->form = form < 0 ? FORM_PROSE : (text_form)form;
    p->max_tokens = row_int(r, 0);
    p->temperature = row_double(r);
    if (isnan(p->temperature))
        row_damaged(r, "the temperature of a test is not a number");
    p->seed = row_integer(r, INT64_MIN, INT64_MAX);
    p->expected = row_string(r);
}

static void read_answer(row *r, answer_record *a)
{
    a->status = test_status_from_name(row_string(r));
    a->error = row_string(r);
    a->http_status = (int)row_integer(r, 0, 999);
    a->scheduled_ns = row_integer(r, -ROW_NUMBER_MAX, 0);
    int64_t *const times[] = {&a->connect_ns, &a->headers_ns, &a->first_event_ns, &a->end_ns};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        *times[i] = row_integer(r, -1, ROW_NUMBER_MAX);
    a->finish_reason = row_string(r);
    a->model = row_string(r);
    a->fingerprint = row_string(r);
    int64_t *const usage[] = {&a->prompt_tokens, &a->cached_tokens, &a->completion_tokens, &a->reasoning_tokens};
    for (size_t i = 0; i < sizeof usage / sizeof usage[0]; i++)
        *usage[i] = row_integer(r, -1, ROW_NUMBER_MAX);
    a->temperature = row_double(r);
    a->seed = row_integer(r, -1, INT64_MAX);
    a->queue_ms = row_double(r);
    a->prompt_ms = row_double(r);
    a->decode_ms = row_double(r);
    a->text = row_text(r, &a->n_text);
    a->reasoning = row_text(r, &a->n_reasoning);
}

static uint32_t u32_at(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void read_token_ids(row *r, answer_record *a)
{
    size_t n;
    const uint8_t *const bytes = row_blob(r, &n);
    if (bytes == NULL)
        return;
    int32_t *const ids = arena_alloc(r->keep, n);
    if (ids == NULL) {
        row_out_of_memory(r);
        return;
    }
    if (n % 4 != 0)
        row_damaged(r, "the tokens of a test end in the middle of a number");
    for (size_t i = 0; i < n / 4; i++)
        ids[i] = (int32_t)u32_at(bytes + 4 * i);
    a->token_ids = ids;
    a->n_token_ids = n / 4;
}

/* The order is that of TEST_COLUMNS, then of STAGED_COLUMNS. */
static void read_test(row *r, const run_record *run, test_record *t)
{
    t->subject = row_position(r, run->n_subjects);
    if (t->subject < 0)
        row_damaged(r, "a test has no model");
    t->server = row_position(r, run->n_servers);
    const int mode = test_mode_from_name(row_string(r));
    if (mode < 0)
        row_damaged(r, "a test has a mode that this spillway does not know");
    t->mode = (test_mode)mode;
    t->variant = row_string(r);
    read_plan(r, t);
    read_answer(r, &t->answer);
    read_token_ids(r, &t->answer);
    expert_counts *const e = &t->answer.experts;
    e->n_layers = row_int(r, 0);
    e->n_experts = row_int(r, 0);
    e->n_used = (int)row_integer(r, 0, e->n_experts);
    e->n_tokens = row_integer(r, 0, ROW_NUMBER_MAX);
    t->stage = row_position(r, run->n_stages); // the columns of one without a stage are NULL
    t->session = row_int(r, 0);
    t->turn = row_int(r, 0);
    t->item = row_string(r);
}

/* ---- what belongs to a test ------------------------------------------------------------------------------------- */

/* Memory for as many elements as `sql` counts; *n_out is 0 and the result NULL if there are none, or an error. */
static void *alloc_rows(row *test, const char *sql, int64_t test_id, size_t size, size_t *n_out)
{
    *n_out = 0;
    row r = row_begin(test->store, sql, test_id, test->keep, "read a test", test->err);
    const size_t n = row_next(&r) ? (size_t)row_integer(&r, 0, INT32_MAX) : 0;
    test->code = row_end(&r);
    if (test->code != SW_OK || n == 0)
        return NULL;
    void *const items = arena_alloc(test->keep, n * size);
    if (items == NULL)
        row_out_of_memory(test);
    else
        *n_out = n;
    return items;
}

/* Times never decrease, whatever is stored. */
static void load_events(row *test, int64_t test_id, answer_record *a)
{
    size_t n;
    arrival *const items = alloc_rows(test, "SELECT count(*) FROM event WHERE test_id = ?", test_id, sizeof *items, &n);
    if (n == 0)
        return;
    row r = row_begin(test->store, "SELECT " EVENT_COLUMNS " FROM event WHERE test_id = ? ORDER BY i", test_id,
                      test->keep, "read the times of tokens", test->err);
    int64_t last_ns = 0;
    for (size_t i = 0; i < n && row_next(&r); i++) {
        last_ns = items[i].t_ns = row_integer(&r, last_ns, ROW_NUMBER_MAX);
        items[i].n_bytes = (uint32_t)row_integer(&r, 0, UINT32_MAX);
        items[i].n_tokens = (uint32_t)row_integer(&r, 0, UINT32_MAX);
        items[i].is_reasoning = row_int(&r, 0) != 0;
        a->n_arrivals = i + 1;
    }
    a->arrivals = items;
    test->code = row_end(&r);
}

static void load_checks(row *test, int64_t test_id, test_record *t)
{
    size_t n;
    check_record *const items =
        alloc_rows(test, "SELECT count(*) FROM test_check WHERE test_id = ?", test_id, sizeof *items, &n);
    if (n == 0)
        return;
    row r = row_begin(test->store, "SELECT " CHECK_COLUMNS " FROM test_check WHERE test_id = ? ORDER BY i", test_id,
                      test->keep, "read the checks of a test", test->err);
    for (size_t i = 0; i < n && row_next(&r); i++) {
        items[i].name = row_string(&r);
        items[i].kind = row_string(&r);
        items[i].is_technical = row_int(&r, 0) != 0;
        const double weight = row_double(&r);
        items[i].weight = weight >= 0 ? weight : 0;
        items[i].outcome = check_outcome_from_name(row_string(&r));
        items[i].detail = row_string(&r);
        t->n_checks = i + 1;
    }
    t->checks = items;
    test->code = row_end(&r);
}

/* The stored counts are as many as the test says, which bounds the memory for them by the size of the file. */
static void load_experts(row *test, int64_t test_id, expert_counts *e)
{
    if (e->n_layers == 0 || e->n_experts == 0)
        return;
    const size_t n_wanted = (size_t)e->n_layers * (size_t)e->n_experts; // both at most 10^9
    size_t n;
    uint64_t *const counts =
        alloc_rows(test, "SELECT sum(length(counts)) / 4 FROM expert WHERE test_id = ?", test_id, sizeof *counts, &n);
    if (n == 0)
        return; // the model has experts, and the server did not count them
    row r = row_begin(test->store, "SELECT counts FROM expert WHERE test_id = ? ORDER BY layer", test_id, test->keep,
                      "read the experts of a test", test->err);
    size_t n_read = 0;
    while (row_next(&r)) {
        size_t n_bytes;
        const uint8_t *const bytes = row_blob(&r, &n_bytes);
        if (n != n_wanted || n_bytes != 4 * (size_t)e->n_experts || n_read + (size_t)e->n_experts > n) {
            row_damaged(&r, "the counts of experts of a test are not those of its layers");
            break;
        }
        for (int k = 0; k < e->n_experts; k++)
            counts[n_read++] = u32_at(bytes + 4 * (size_t)k);
    }
    e->counts = counts;
    test->code = row_end(&r);
}

sw_code store_load_tests(result_store *store, run_record *run, sw_err *err)
{
    row r = row_begin(store,
                      "SELECT id, " TEST_COLUMNS ", stage, session, turn, ifnull(item, '')"
                      " FROM test LEFT JOIN staged ON test_id = id WHERE run_id = ? ORDER BY id",
                      run->info.id, run->keep, "read the tests", err);
    size_t cap = 0;
    while (row_next(&r)) {
        if (!mem_grow(&run->tests, &cap, run->n_tests + 1, sizeof *run->tests)) {
            row_out_of_memory(&r);
            break;
        }
        test_record *const t = &run->tests[run->n_tests++];
        *t = (test_record){0};
        const int64_t id = row_integer(&r, INT64_MIN, INT64_MAX);
        read_test(&r, run, t);
        if (r.code == SW_OK)
            load_events(&r, id, &t->answer);
        if (r.code == SW_OK)
            load_checks(&r, id, t);
        if (r.code == SW_OK)
            load_experts(&r, id, &t->answer.experts);
    }
    return row_end(&r);
}
