/* stress_rows.c - the tests of a model with their metrics. */
#include "figures/stress/stress_rows.h"

#include <string.h>

#include "base/alloc.h"
#include "figures/logit_parity.h"

sw_code stress_rows_of(const run_record *run, int subject, stress_rows *out, sw_err *err)
{
    *out = (stress_rows){.run = run, .subject = subject};
    out->rows = mem_calloc(run->n_tests + 1, sizeof *out->rows);
    if (out->rows == NULL)
        return sw_fail(err, SW_ENOMEM, "out of memory for %zu requests", run->n_tests);
    for (size_t i = 0; i < run->n_tests; i++) {
        const test_record *const t = &run->tests[i];
        if (t->is_warmup || t->subject != subject)
            continue;
        summary_row *const row = &out->rows[out->n];
        *row = (summary_row){.test = t};
        const sw_code code = metrics_of(t, &row->metrics, err);
        if (code != SW_OK)
            return code;
        out->n++;
    }
    return SW_OK;
}

void stress_rows_free(stress_rows *rows)
{
    mem_free(rows->rows);
    *rows = (stress_rows){0};
}

static bool is_listed(const char *name, suite_names suites)
{
    for (; *suites != NULL; suites++) {
        if (strcmp(*suites, name) == 0)
            return true;
    }
    return false;
}

bool stress_row_is_of(const stress_rows *rows, const test_record *test, suite_names suites)
{
    if (suites == NULL || rows->run->n_stages == 0)
        return true;
    return test->stage >= 0 && (size_t)test->stage < rows->run->n_stages &&
           is_listed(rows->run->stages[test->stage].suite, suites);
}

bool stress_row_is_work(const stress_rows *rows, const test_record *test, const char *work)
{
    if (rows->run->n_stages == 0)
        return true;
    return test->stage >= 0 && (size_t)test->stage < rows->run->n_stages &&
           strcmp(rows->run->stages[test->stage].work, work) == 0;
}

bool stress_row_is_completed(const summary_row *row)
{
    return row->test->answer.status == TEST_COMPLETED;
}

bool stress_rows_have(const stress_rows *rows, suite_names suites)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (stress_row_is_of(rows, rows->rows[i].test, suites))
            return true;
    }
    return false;
}

int stress_steady_stage(const stress_rows *rows)
{
    int found = STAGE_NONE;
    for (size_t i = 0; i < rows->run->n_stages; i++) {
        const stage_record *const s = &rows->run->stages[i];
        const bool is_steady = strcmp(s->work, "sessions") == 0 || strcmp(s->work, "arrivals") == 0;
        if (s->subject == rows->subject && is_steady &&
            (found == STAGE_NONE || s->spent_ms > rows->run->stages[found].spent_ms))
            found = (int)i;
    }
    return rows->run->n_stages > 0 ? found : STAGE_ALL;
}

bool stress_stage_holds(const run_record *run, int stage, int64_t t_ms)
{
    if (stage == STAGE_ALL || stage == STAGE_NONE)
        return stage == STAGE_ALL;
    const stage_record *const s = &run->stages[stage];
    return t_ms >= s->start_ms && (s->end_ms < 0 || t_ms <= s->end_ms);
}

double stress_row_begin_s(const summary_row *row)
{
    return (double)row->test->start_ms / 1e3;
}

double stress_row_end_s(const summary_row *row)
{
    const int64_t end_ns = row->test->answer.end_ns;
    return stress_row_begin_s(row) + (end_ns > 0 ? (double)end_ns / 1e9 : 0);
}

/* Strings with their ends, so that "a", "b" and "ab", "" differ. */
static uint64_t add_text(uint64_t hash, const char *text)
{
    return text != NULL ? logit_hash_add(hash, text, strlen(text) + 1) : hash;
}

uint64_t stress_question_of(const test_record *test)
{
    const test_plan *const p = &test->plan;
    uint64_t hash = add_text(add_text(logit_hash_begin(), test->item), p->prompt);
    hash = logit_hash_add(hash, &p->seed, sizeof p->seed);
    return logit_hash_add(hash, &p->max_tokens, sizeof p->max_tokens);
}

uint64_t stress_kind_of(const test_record *test)
{
    const int max_tokens = test->plan.max_tokens;
    return logit_hash_add(add_text(logit_hash_begin(), test->plan.name), &max_tokens, sizeof max_tokens);
}

uint64_t stress_route_of(const test_record *test)
{
    const int way[] = {(int)test->mode, test->server};
    return logit_hash_add(add_text(logit_hash_begin(), test->variant), way, sizeof way);
}

uint64_t stress_answer_of(const answer_record *answer)
{
    const uint64_t hash = logit_hash_add(logit_hash_begin(), answer->reasoning, answer->n_reasoning);
    return logit_hash_add(logit_hash_add(hash, "", 1), answer->text, answer->n_text);
}
