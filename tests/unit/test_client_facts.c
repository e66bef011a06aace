/* What spillway's own server tells the benchmark's client beside the text: tokens of each event, ids, sampling, times,
 * experts, and the prompt's tokens that came from the cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "client/fleet.h"
#include "support/server_fixture.h"

static const test_plan PLAN = {.name = "n",
                               .group = "g",
                               .prompt = "What is 12 + 30? Count slowly, and say every step of it aloud.",
                               .max_tokens = 24,
                               .temperature = 0.25,
                               .seed = 42};

static server_fixture fixture;
static chat_target *target;
static transfer_fleet *fleet;

static int start(void **state)
{
    (void)state;
    char url[64];
    server_fixture_start(&fixture, (server_options){.model = "demo-gpt-oss",
                                                    .model_dirs = SPILLWAY_SOURCE_DIR "/models",
                                                    .body_timeout_s = 60,
                                                    .slow_client_timeout_s = 1000, // a busy machine reads late
                                                    .engine = {.n_threads = 2}});
    server_fixture_until_ready(&fixture);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", server_port(fixture.server));
    return target_open(&target, url, NULL, NULL) == SW_OK && fleet_create(&fleet, clock_system(), NULL) == SW_OK ? 0
                                                                                                                 : -1;
}

static int stop(void **state)
{
    (void)state;
    fleet_free(fleet);
    target_close(target);
    server_fixture_stop(&fixture);
    return 0;
}

/* The answer is a view into *out, which the caller frees. */
static const answer_record *ask(chat_transfer **out, transfer_options o)
{
    sw_err err = {0};
    o.target = target;
    o.model = "demo-gpt-oss";
    o.plan = &PLAN;
    o.limits.deadline_s = 100;
    if (fleet_ask(fleet, &o, NULL, NULL, out, &err) != SW_OK)
        fail_msg("%s", err.msg);
    const answer_record *const a = transfer_answer(*out);
    if (a->status != TEST_COMPLETED)
        fail_msg("%s: %s", test_status_name(a->status), a->error);
    return a;
}

static void test_a_stream_tells_everything(void **state)
{
    (void)state;
    chat_transfer *transfer;
    const answer_record *const a =
        ask(&transfer, (transfer_options){.wants_experts = true, .wants_token_counts = true});
    int64_t n_tokens = 0;
    for (size_t i = 0; i < a->n_arrivals; i++) {
        assert_true(a->arrivals[i].n_tokens > 0);
        n_tokens += a->arrivals[i].n_tokens;
    }
    assert_true(n_tokens > 0 && n_tokens <= a->completion_tokens); // the last ones may have no text
    assert_int_equal(a->n_token_ids, a->completion_tokens);
    assert_true(a->temperature == 0.25 && a->seed == 42);
    assert_true(a->queue_ms >= 0 && a->prompt_ms > 0 && a->decode_ms > 0);
    assert_true(a->experts.n_layers > 0 && a->experts.n_experts == 16 && a->experts.n_used == 4);
    // Of the prompt, what was evaluated; of the answer all tokens, but the last one only before an end token.
    const bool has_end_token = strcmp(a->finish_reason, "stop") == 0;
    assert_int_equal(a->experts.n_tokens,
                     a->prompt_tokens - a->cached_tokens + a->completion_tokens - (has_end_token ? 0 : 1));
    transfer_free(transfer);
}

static void test_a_whole_answer_tells_the_same(void **state)
{
    (void)state;
    chat_transfer *streamed, *whole;
    const answer_record *const s =
        ask(&streamed, (transfer_options){.wants_experts = true, .wants_token_counts = true});
    const answer_record *const w = ask(&whole, (transfer_options){.wants_experts = true, .is_whole = true});
    assert_string_equal(w->text, s->text);
    assert_string_equal(w->reasoning, s->reasoning);
    assert_int_equal(w->n_token_ids, s->n_token_ids);
    assert_memory_equal(w->token_ids, s->token_ids, s->n_token_ids * sizeof *s->token_ids);
    assert_true(w->temperature == s->temperature && w->seed == s->seed && w->prompt_ms >= 0);
    assert_int_equal(w->n_arrivals, 1);
    assert_int_equal(w->arrivals[0].n_tokens, w->completion_tokens);
    transfer_free(streamed);
    transfer_free(whole);
}

static void test_a_cold_prompt_is_evaluated_again(void **state)
{
    (void)state;
    chat_transfer *warm, *cold;
    transfer_free((ask(&warm, (transfer_options){0}), warm));
    const answer_record *const w = ask(&warm, (transfer_options){0});
    const answer_record *const c = ask(&cold, (transfer_options){.avoids_prefix = true});
    assert_true(w->cached_tokens > c->cached_tokens);
    assert_true(w->prompt_tokens - w->cached_tokens < 4);
    // What comes before the prompt is common to all requests; the prompt is not.
    assert_true(c->prompt_tokens - c->cached_tokens > w->prompt_tokens - 64);
    transfer_free(warm);
    transfer_free(cold);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stream_tells_everything),
        cmocka_unit_test(test_a_whole_answer_tells_the_same),
        cmocka_unit_test(test_a_cold_prompt_is_evaluated_again),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
