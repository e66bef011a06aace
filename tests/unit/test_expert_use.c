/* Sums of routers' choices, of every golden model and through the public interface: they count each token once in every
 * layer, whatever the batches, and nothing changes because something is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "engine/model_lm.h"
#include "spillway.h"
#include "support/golden.h"

static uint64_t sum_of(const uint64_t *values, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum;
}

static void check_sums(const sw_expert_use *use, uint64_t n_tokens)
{
    const size_t n = (size_t)use->n_experts, n_pairs = n * (n - 1) / 2;
    const uint64_t k = (uint64_t)use->n_used;
    assert_int_equal(use->n_tokens, n_tokens);
    for (size_t l = 0; l < (size_t)use->n_layers; l++) {
        assert_int_equal(sum_of(use->counts + l * n, n), n_tokens * k);
        assert_true(use->n_switched[l] <= use->n_followers * k);
        if (use->pairs == NULL)
            continue;
        assert_int_equal(sum_of(use->pairs + l * n_pairs, n_pairs), n_tokens * k * (k - 1) / 2);
        for (size_t a = 0; a < n; a++) { // the pairs of an expert are its tokens, times the others of a choice
            uint64_t own = 0;
            for (size_t b = 0; b < n; b++)
                own += a == b ? 0 : use->pairs[l * n_pairs + (a < b ? b * (b - 1) / 2 + a : a * (a - 1) / 2 + b)];
            assert_int_equal(own, use->counts[l * n + a] * (k - 1));
        }
    }
}

/* ---- golden models ---- */

/* Evaluates the tokens in batches of `chunk`; the result is to be freed with sw_expert_use_free.  NULL: no routers. */
static sw_expert_use *use_of(const golden *g, size_t chunk, size_t *n_rows_out)
{
    sw_engine_options o = GOLDEN_OPTIONS;
    o.expert_trace = 100000;
    sw_err err = {0};
    gguf_file *gguf = NULL;
    language_model *lm = NULL;
    if (gguf_open(&gguf, g->path, &err) != SW_OK || model_lm_open(&lm, gguf, &o, &err) != SW_OK)
        fail_msg("%s", err.msg);
    assert_true(lm->ops->reserve(lm, 0, GOLDEN_POSITIONS));
    for (size_t i = 0, n; i < GOLDEN_POSITIONS; i += n) {
        n = chunk < GOLDEN_POSITIONS - i ? chunk : GOLDEN_POSITIONS - i;
        const float *logits;
        int32_t bad;
        assert_int_equal(lm->ops->step(lm, g->tokens + i, n, &logits, &bad, &err), SW_OK);
    }
    sw_expert_use *use = NULL;
    *n_rows_out = 0;
    if (lm->experts != NULL) {
        use = expert_log_snapshot(lm->experts, SW_EXPERTS_SINCE_OPEN, /*with_pairs=*/true);
        *n_rows_out = (size_t)expert_log_trace(lm->experts).end;
    }
    lm->ops->close(lm);
    gguf_close(gguf);
    return use;
}

static void check_golden(const golden *g, void *ud)
{
    int *const n_with_routers = ud;
    size_t n_rows, n_rows_again;
    sw_expert_use *const one_by_one = use_of(g, 1, &n_rows), *const batched = use_of(g, 7, &n_rows_again);
    assert_int_equal(n_rows, n_rows_again);
    if (one_by_one == NULL) {
        assert_null(batched);
        assert_int_equal(n_rows, 0);
        return;
    }
    ++*n_with_routers;
    assert_int_equal(n_rows, GOLDEN_POSITIONS * one_by_one->n_layers);
    check_sums(one_by_one, GOLDEN_POSITIONS);
    assert_int_equal(one_by_one->n_followers, GOLDEN_POSITIONS - 1);
    assert_int_equal(batched->n_followers, GOLDEN_POSITIONS - 1);
    const size_t n_layers = (size_t)one_by_one->n_layers, n = (size_t)one_by_one->n_experts;
    assert_memory_equal(one_by_one->counts, batched->counts, n_layers * n * sizeof(uint64_t));
    assert_memory_equal(one_by_one->n_switched, batched->n_switched, n_layers * sizeof(uint64_t));
    assert_memory_equal(one_by_one->pairs, batched->pairs, n_layers * (n * (n - 1) / 2) * sizeof(uint64_t));
    sw_expert_use_free(one_by_one);
    sw_expert_use_free(batched);
}

static void test_every_layer_counts_every_token_once_in_batches_of_any_size(void **state)
{
    (void)state;
    int n_with_routers = 0;
    golden_for_each(check_golden, &n_with_routers);
    assert_true(n_with_routers >= 10);
}

/* ---- the public interface ---- */

static sw_engine *open_demo(int n_trace_rows)
{
    const sw_engine_options o = {.n_threads = 2, .n_ctx = 256, .n_seqs = 2, .expert_trace = n_trace_rows};
    sw_engine *engine;
    sw_err err = {0};
    if (sw_engine_open(&engine, SPILLWAY_SOURCE_DIR "/models/demo-deepseek.gguf", &o, &err) != SW_OK)
        fail_msg("%s", err.msg);
    return engine;
}

static sw_expert_use *engine_use(sw_engine *engine, sw_expert_span span)
{
    sw_expert_use *use;
    sw_err err = {0};
    assert_int_equal(sw_engine_expert_use(engine, span, /*with_pairs=*/true, &use, &err), SW_OK);
    return use;
}

typedef struct answer {
    char text[1024];
    size_t n;
    sw_event done;
} answer;

static void on_event(void *ud, const sw_event *e)
{
    answer *const a = ud;
    if (e->type == SW_EVENT_TOKEN && a->n + e->n_bytes < sizeof a->text) {
        memcpy(a->text + a->n, e->text, e->n_bytes);
        a->n += e->n_bytes;
    } else if (e->type == SW_EVENT_DONE) {
        a->done = *e;
    }
}

/* Runs a request to its end; the job is to be released. */
static sw_job *ask(sw_engine *engine, sw_request request, answer *a)
{
    sw_job *job;
    sw_err err = {0};
    *a = (answer){0};
    request.max_tokens = 20;
    request.ignore_eos = true;
    request.on_event = on_event;
    request.ud = a;
    if (sw_engine_submit(engine, &request, &job, &err) != SW_OK)
        fail_msg("%s", err.msg);
    sw_job_wait(job);
    assert_int_equal(a->done.n_predicted, 20);
    return job;
}

static void test_a_job_counts_its_own_tokens_and_they_are_a_part_of_the_engines(void **state)
{
    (void)state;
    sw_engine *const engine = open_demo(0);
    answer plain, counted;
    sw_expert_use *prompt, *generated;
    sw_err err = {0};
    sw_job *job = ask(engine, (sw_request){.prompt = "the river runs"}, &plain);
    assert_int_equal(sw_job_expert_use(job, &prompt, &generated, &err), SW_EINVAL);
    assert_non_null(strstr(err.msg, "count_experts"));
    assert_null(prompt);
    sw_job_release(job);

    sw_engine_expert_mark(engine);
    job = ask(engine, (sw_request){.prompt = "a stone wall", .count_experts = true}, &counted);
    assert_int_equal(sw_job_expert_use(job, &prompt, &generated, &err), SW_OK);
    sw_expert_use *const marked = engine_use(engine, SW_EXPERTS_SINCE_MARK);
    const uint64_t n_prompt = (uint64_t)(counted.done.n_prompt - counted.done.n_cached);
    check_sums(prompt, n_prompt);
    check_sums(generated, 19); // the last one is sampled, but not evaluated
    check_sums(marked, n_prompt + 19);
    assert_int_equal(generated->n_followers, 19);
    for (int i = 0; i < marked->n_layers * marked->n_experts; i++)
        assert_int_equal(prompt->counts[i] + generated->counts[i], marked->counts[i]);
    sw_job_release(job);
    sw_expert_use_free(prompt);
    sw_expert_use_free(generated);
    sw_expert_use_free(marked);
    sw_engine_close(engine);
}

static void test_counting_and_tracing_change_no_answer(void **state)
{
    (void)state;
    answer a, b;
    sw_engine *const plain = open_demo(0), *const traced = open_demo(50);
    sw_job_release(ask(plain, (sw_request){.prompt = "the river runs"}, &a));
    sw_job_release(ask(traced, (sw_request){.prompt = "the river runs", .count_experts = true, .tag = 3}, &b));
    assert_string_equal(a.text, b.text);
    sw_expert_row rows[60];
    uint64_t cursor = 0, lost;
    const sw_expert_trace trace = sw_engine_expert_trace(traced);
    assert_int_equal(trace.end - trace.first, 50);
    assert_int_equal(sw_engine_expert_rows(traced, &cursor, rows, 60, &lost), 50);
    assert_int_equal(lost, trace.first);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(rows[i].tag, 3);
        assert_true(rows[i].weights[0] > 0 && rows[i].weights[0] >= rows[i].weights[rows[i].n_used - 1]);
    }
    assert_int_equal(rows[49].position, b.done.n_prompt + 18);
    assert_int_equal(sw_engine_expert_rows(plain, &cursor, rows, 60, &lost), 0);
    sw_engine_close(plain);
    sw_engine_close(traced);
}

static void test_a_model_without_experts_has_empty_sums(void **state)
{
    (void)state;
    sw_engine *engine;
    sw_err err = {0};
    answer a;
    sw_expert_use *prompt, *generated;
    assert_int_equal(sw_engine_open(&engine, "stub:", NULL, &err), SW_OK);
    sw_job *const job = ask(engine, (sw_request){.prompt = "x", .count_experts = true}, &a);
    assert_int_equal(sw_job_expert_use(job, &prompt, &generated, &err), SW_OK);
    assert_int_equal(prompt->n_layers, 0);
    sw_expert_use_free(prompt);
    sw_expert_use_free(generated);
    sw_job_release(job);
    sw_engine_expert_mark(engine);
    sw_expert_use *const use = engine_use(engine, SW_EXPERTS_SINCE_OPEN);
    assert_int_equal(use->n_layers + use->n_experts, 0);
    sw_expert_use_free(use);
    sw_engine_close(engine);
}

static void test_a_job_that_runs_has_no_sums_yet(void **state)
{
    (void)state;
    sw_engine *const engine = open_demo(0);
    sw_expert_use *prompt, *generated;
    answer a = {0};
    sw_err err = {0};
    sw_job *job;
    const sw_request request = {
        .prompt = "the river", .count_experts = true, .ignore_eos = true, .on_event = on_event, .ud = &a};
    assert_int_equal(sw_engine_submit(engine, &request, &job, &err), SW_OK);
    // It may fill its context before this is asked; then it has ended, and the sums are there.
    const sw_code code = sw_job_expert_use(job, &prompt, &generated, &err);
    assert_true(code == SW_EBUSY ? prompt == NULL : code == SW_OK);
    sw_expert_use_free(prompt);
    sw_expert_use_free(generated);
    sw_job_cancel(job);
    sw_job_wait(job);
    assert_int_equal(sw_job_expert_use(job, &prompt, &generated, &err), SW_OK);
    sw_expert_use_free(prompt);
    sw_expert_use_free(generated);
    sw_job_release(job);
    sw_engine_close(engine);
}

static void test_the_length_of_the_trace_has_a_limit(void **state)
{
    (void)state;
    sw_engine *engine;
    sw_err err = {0};
    assert_int_equal(
        sw_engine_open(&engine, "stub:", &(sw_engine_options){.expert_trace = LIMIT_EXPERT_TRACE_ROWS}, &err), SW_OK);
    sw_engine_close(engine);
    static const int WRONG[] = {-1, LIMIT_EXPERT_TRACE_ROWS + 1};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sw_engine_open(&engine, "stub:", &(sw_engine_options){.expert_trace = WRONG[i]}, &err),
                         SW_EINVAL);
        assert_non_null(strstr(err.msg, "expert_trace"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_layer_counts_every_token_once_in_batches_of_any_size),
        cmocka_unit_test(test_a_job_counts_its_own_tokens_and_they_are_a_part_of_the_engines),
        cmocka_unit_test(test_counting_and_tracing_change_no_answer),
        cmocka_unit_test(test_a_model_without_experts_has_empty_sums),
        cmocka_unit_test(test_a_job_that_runs_has_no_sums_yet),
        cmocka_unit_test(test_the_length_of_the_trace_has_a_limit),
    };
    return cmocka_run_group_tests_name("use of experts", tests, NULL, NULL);
}
