/* Every reason why a run is not "ok" is found when it is there, and not when it is not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figures/run_status.h"
#include "support/record_maker.h"

enum { N_TESTS = 9, N_MORE = 8 };

/* A good run of nine tests that each case spoils. */
typedef struct scene {
    run_record run;
    test_record tests[N_TESTS + N_MORE];
    fact_record facts[N_MORE];
    placement_row rows[1];
    server_record servers[2];
} scene;

static scene *set_up(void)
{
    static scene s;
    static test_record good[N_TESTS];
    if (good[0].variant == NULL) {
        for (int i = 0; i < N_TESTS; i++)
            good[i] = record_test(MODE_STREAM, i, 0);
    }
    s = (scene){0};
    memcpy(s.tests, good, sizeof good);
    s.run = record_run(s.tests, N_TESTS);
    s.servers[0] = s.servers[1] = s.run.servers[0];
    s.run.servers = s.servers;
    s.run.facts = s.facts;
    s.run.placement = s.rows;
    return &s;
}

static void add_number(scene *s, int subject, int server, fact_name name, double number)
{
    s->facts[s->run.n_facts++] = (fact_record){subject, server, name, number, "", ""};
}

static void add_text(scene *s, fact_name name, const char *text)
{
    s->facts[s->run.n_facts++] = (fact_record){0, 0, name, NAN, text, ""};
}

static void assert_status(const scene *s, run_status wanted, const char *reason)
{
    run_analysis a;
    buf reasons;
    buf_init(&reasons, 1 << 16);
    assert_int_equal(run_analysis_of(&s->run, &a, NULL), SW_OK);
    const run_status status = run_status_of(&a, &reasons);
    const char *const text = buf_str(&reasons);
    if (status != wanted || (reason[0] == '\0' ? text[0] != '\0' : strstr(text, reason) == NULL))
        fail_msg("%s:\n%s", run_status_name(status), text);
    assert_true(reasons.size == 0 || text[reasons.size - 1] == '\n');
    buf_free(&reasons);
    run_analysis_free(&a);
}

static void test_a_good_run_is_ok(void **state)
{
    (void)state;
    scene *s = set_up();
    assert_status(s, RUN_OK, "");
    add_text(s, FACT_EXPERTS_VERIFIED, "in RAM");
    add_text(s, FACT_PLACEMENT_EFFECT, "full");
    add_text(s, FACT_TEMPERATURE_SOURCE, "answer");
    add_number(s, 0, 0, FACT_N_CTX, 4096);
    add_number(s, -1, -1, FACT_FOREIGN_LOAD, 9.9);
    add_number(s, -1, -1, FACT_CLOCK_STEP_MS, -400);
    add_number(s, -1, -1, FACT_SUSPENDED_MS, 0);
    assert_status(s, RUN_OK, "");
}

static void test_missing_tests_abort_a_run(void **state)
{
    (void)state;
    scene *s = set_up();
    s->run.info.n_planned = 12;
    assert_status(s, RUN_ABORTED, "3 of 12 tests are missing\n");
    s->tests[0].answer.model = "another"; // it may be resumed, and is judged then
    assert_status(s, RUN_ABORTED, "another");
}

static void test_misplaced_experts_are_invalid(void **state)
{
    (void)state;
    scene *s = set_up();
    add_text(s, FACT_EXPERTS_VERIFIED, "mixed");
    add_text(s, FACT_EXPERTS_EVIDENCE, "layer 3, expert 7 is in VRAM");
    assert_status(s, RUN_INVALID, "layer 3, expert 7");
    s->facts[0].text = "in VRAM";
    assert_status(s, RUN_INVALID, "experts are in VRAM");
    s->servers[0].side = SIDE_GIVEN; // nobody asked for a placement
    assert_status(s, RUN_OK, "");
    s->servers[0].side = SIDE_OFFLOADED;
    s->facts[0].text = "not known";
    assert_status(s, RUN_OK, "note: where the experts are is not verified\n");
}

static void test_a_placement_without_effect_is_invalid_if_there_is_a_gpu(void **state)
{
    (void)state;
    scene *s = set_up();
    add_text(s, FACT_PLACEMENT_EFFECT, "none");
    add_text(s, FACT_PLACEMENT_REASON, "the model has no experts");
    assert_status(s, RUN_OK, "");
    add_number(s, -1, -1, FACT_GPU_TOTAL_BYTES, 8e9);
    assert_status(s, RUN_INVALID, "the model has no experts");
    add_text(s, FACT_BACKEND, "cpu"); // the GPU is another program's
    assert_status(s, RUN_OK, "");
}

static void test_a_reference_without_experts_in_vram_is_invalid_if_there_is_a_gpu(void **state)
{
    (void)state;
    scene *s = set_up();
    add_text(s, FACT_EXPERTS_VERIFIED, "in RAM");
    add_text(s, FACT_DEVICE, "cuda:0");
    assert_status(s, RUN_OK, "");
    s->servers[0].side = SIDE_REFERENCE;
    assert_status(s, RUN_INVALID, "nothing was compared");
    s->run.n_facts--; // without a GPU, both sides are in RAM by necessity
    assert_status(s, RUN_OK, "");
}

static void test_an_emulated_gpu_is_noted(void **state)
{
    (void)state;
    scene *s = set_up();
    add_text(s, FACT_DEVICE_EMULATED, "no");
    assert_status(s, RUN_OK, "");
    assert_false(run_is_emulated(&s->run));
    add_text(s, FACT_DEVICE_EMULATED, "yes");
    assert_status(s, RUN_OK, "say nothing of speed");
    assert_true(run_is_emulated(&s->run));
}

static void test_bytes_in_another_tier_are_invalid(void **state)
{
    (void)state;
    scene *s = set_up();
    s->rows[0] = (placement_row){0, "vram", "experts", 1000, "ram", "allocations"};
    s->run.n_placement = 1;
    assert_status(s, RUN_INVALID, "1000 bytes of 'experts' are in 'vram', not in 'ram'");
    s->rows[0] = (placement_row){0, "ram", "experts", 1000, "vram", "allocations"};
    assert_status(s, RUN_OK, ""); // there is no GPU
    add_number(s, -1, -1, FACT_GPU_TOTAL_BYTES, 8e9);
    assert_status(s, RUN_INVALID, "not in 'vram'");
    s->rows[0].requested = "";
    assert_status(s, RUN_OK, "");
}

static void test_another_model_is_invalid(void **state)
{
    (void)state;
    scene *s = set_up();
    s->run.subjects[0].name = "gpt-oss-20b";
    for (int i = 0; i < N_TESTS; i++)
        s->tests[i].answer.model = "gpt-oss"; // another spelling
    assert_status(s, RUN_OK, "");
    s->tests[3].answer.model = "phi\n<b>";
    s->tests[3].plan.name = "jugs";
    assert_status(s, RUN_INVALID, "1 answer, to 'jugs', came from model 'phi?<b>', not from 'gpt-oss-20b'\n");
    s->run.subjects[0].name = "m";
}

static void test_a_small_context_is_invalid(void **state)
{
    (void)state;
    scene *s = set_up();
    s->servers[0].command = "spillway serve m.gguf --ctx-size 8192 --cpu-moe";
    add_number(s, 0, 0, FACT_N_CTX, 4096);
    assert_status(s, RUN_INVALID, "the context is 4096 tokens, 8192 were asked for");
    s->servers[0].command = "";
    s->facts[0].number = 60; // 20 of the prompt and 41
    assert_status(s, RUN_INVALID, "may take 61 tokens, the context is 60");
    s->facts[0].number = 61;
    assert_status(s, RUN_OK, "");
}

static void test_cached_tokens_of_a_cold_request_are_invalid(void **state)
{
    (void)state;
    scene *s = set_up();
    s->tests[N_TESTS] = record_test(MODE_COLD, 0, 0);
    s->run.n_tests++;
    assert_status(s, RUN_OK, "");
    s->tests[N_TESTS].answer.cached_tokens = 12;
    assert_status(s, RUN_INVALID, "used 12 cached tokens");
}

static void test_another_temperature_is_invalid(void **state)
{
    (void)state;
    scene *s = set_up();
    s->tests[4].answer.temperature = 0.3f; // of a server in single precision
    s->tests[5].answer.temperature = NAN;  // not told
    assert_status(s, RUN_OK, "");
    s->tests[6].answer.temperature = s->tests[7].answer.temperature = 0.8;
    assert_status(s, RUN_INVALID, "2 answers, the first to 't', were sampled at temperature 0.8, not at 0.3\n");
    s = set_up();
    add_number(s, 0, 0, FACT_TEMPERATURE_FOUND, 0.39);
    assert_status(s, RUN_OK, "");
    s->facts[0].number = 1.0;
    assert_status(s, RUN_INVALID, "draws are those of temperature 1.00, not of 0.30");
    s = set_up();
    add_text(s, FACT_TEMPERATURE_SOURCE, "not verified");
    assert_status(s, RUN_OK, "note: the sampling temperature in effect is not verified\n");
}

static void test_another_seed_is_invalid(void **state)
{
    (void)state;
    scene *s = set_up();
    s->tests[2].answer.seed = 99;
    assert_status(s, RUN_INVALID, "used seed 99, not 1");
    s->tests[2].plan.temperature = s->tests[2].answer.temperature = 0; // greedy
    assert_status(s, RUN_OK, "");
}

static void test_another_server_on_the_port_is_invalid(void **state)
{
    (void)state;
    scene *s = set_up();
    for (int i = 0; i < N_TESTS; i++)
        s->tests[i].answer.fingerprint = i < 5 ? "fp-1" : "fp-2";
    assert_status(s, RUN_INVALID, "another server answered from 't' on: its fingerprint is 'fp-2', it was 'fp-1'");
    for (int i = 5; i < N_TESTS; i++)
        s->tests[i].server = 1; // of a later session
    s->servers[1].session = 1;
    s->run.n_servers = s->run.info.n_sessions = 2;
    assert_status(s, RUN_OK, "note: the run was resumed; 2 server processes or sessions answered\n");
    s->servers[1].session = 0;
    s->servers[1].software = "llama-server b1";
    s->run.info.n_sessions = 1;
    assert_status(s, RUN_INVALID, "'llama-server b1' in place of 'spillway 1'");
}

static void test_an_old_run_in_one_session_had_one_server(void **state)
{
    (void)state;
    scene *s = set_up();
    for (int i = 0; i < N_TESTS; i++) {
        s->tests[i].server = -1;
        s->tests[i].answer.fingerprint = i < 5 ? "fp-1" : "fp-2";
    }
    s->run.n_servers = 0;
    assert_status(s, RUN_INVALID, "fp-2");
    s->run.info.n_sessions = 2;
    assert_status(s, RUN_OK, "note: the run was resumed");
}

static void test_a_run_without_tokens_is_invalid(void **state)
{
    (void)state;
    scene *s = set_up();
    for (int i = 0; i < N_TESTS; i++)
        s->tests[i].answer.status = TEST_SILENT_EMPTY;
    assert_status(s, RUN_INVALID, "no test completed\n");
}

static void test_foreign_load_is_invalid(void **state)
{
    (void)state;
    scene *s = set_up();
    add_number(s, -1, -1, FACT_FOREIGN_LOAD, 12);
    assert_status(s, RUN_OK, ""); // nine tests of half a second
    for (int i = 0; i < N_TESTS; i++)
        record_pace(&s->tests[i], 40, 1);
    assert_status(s, RUN_INVALID, "other processes used 12 % of the cores");
}

static void test_a_clock_that_steps_is_invalid(void **state)
{
    (void)state;
    scene *s = set_up();
    add_number(s, -1, -1, FACT_CLOCK_STEP_MS, -3600000);
    assert_status(s, RUN_INVALID, "by -3600.0 s");
    s = set_up();
    add_number(s, -1, -1, FACT_SUSPENDED_MS, 20000);
    assert_status(s, RUN_INVALID, "suspended during the run, for 20.0 s");
}

static void test_failed_tests_fail_a_run(void **state)
{
    (void)state;
    scene *s = set_up();
    s->tests[8].answer.status = TEST_TIMEOUT;
    s->tests[8].plan.name = "story";
    assert_status(s, RUN_FAILED_THRESHOLD, "1 test failed: 'story' (timeout)\n");
    s->tests[7].answer.status = TEST_INCOMPLETE;
    assert_status(s, RUN_FAILED_THRESHOLD, "2 tests failed, first 't' (incomplete)\n");
}

static void test_answers_that_slow_down_are_not_steady(void **state)
{
    (void)state;
    scene *s = set_up();
    for (int i = 0; i < N_TESTS; i++)
        record_pace(&s->tests[i], 10, 0.8);
    assert_status(s, RUN_NOT_STEADY, "0.80 of the pace of the first");
    for (int i = 0; i < 5; i++)
        record_pace(&s->tests[i], 10, 1); // now some do and some do not
    assert_status(s, RUN_OK, "");
}

static void test_a_warm_up_that_still_changes_is_not_steady(void **state)
{
    (void)state;
    scene *s = set_up();
    for (int i = 0; i < 6; i++) {
        s->tests[N_TESTS + i] = record_test(MODE_STREAM, 0, i);
        s->tests[N_TESTS + i].is_warmup = true;
        s->tests[N_TESTS + i].start_ms = 2000 * i;
        record_pace(&s->tests[N_TESTS + i], i < 2 ? 30 : i < 4 ? 12 : 10, 1);
    }
    s->run.n_tests += 5;
    assert_status(s, RUN_OK, ""); // too few to say
    s->run.n_tests++;
    assert_status(s, RUN_NOT_STEADY, "the rate still changed by 20.0 %");
    s->tests[N_TESTS + 5].start_ms = 8100; // beside another
    assert_status(s, RUN_OK, "");
    s->tests[N_TESTS + 5].start_ms = 10000;
    for (int i = 2; i < 4; i++)
        record_pace(&s->tests[N_TESTS + i], 10, 1);
    assert_status(s, RUN_OK, "");
}

static void test_answers_without_times_are_noted(void **state)
{
    (void)state;
    scene *s = set_up();
    for (int i = 1; i < N_TESTS; i++)
        s->tests[i].answer.n_arrivals = s->tests[i].answer.completion_tokens = 10;
    assert_status(s, RUN_OK, ""); // one has a rate
    s->tests[0].answer.n_arrivals = s->tests[0].answer.completion_tokens = 10;
    assert_status(s, RUN_OK, "note: no answer of 'm' is long enough");
}

static void test_a_short_steady_window_is_inconclusive(void **state)
{
    (void)state;
    scene *s = set_up();
    for (int i = 0; i < N_TESTS; i++)
        s->tests[i].start_ms = 1000 * i;
    s->tests[1].start_ms = 100; // beside the first for a moment
    assert_status(s, RUN_INCONCLUSIVE, "2 requests ran at a time for only 5 %");
}

static void test_names_of_statuses(void **state)
{
    (void)state;
    for (int i = 0; i < N_RUN_STATUS; i++)
        assert_int_equal(run_status_from_name(run_status_name((run_status)i)), i);
    assert_int_equal(run_status_from_name("running"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_run_is_ok),
        cmocka_unit_test(test_missing_tests_abort_a_run),
        cmocka_unit_test(test_misplaced_experts_are_invalid),
        cmocka_unit_test(test_a_placement_without_effect_is_invalid_if_there_is_a_gpu),
        cmocka_unit_test(test_a_reference_without_experts_in_vram_is_invalid_if_there_is_a_gpu),
        cmocka_unit_test(test_an_emulated_gpu_is_noted),
        cmocka_unit_test(test_bytes_in_another_tier_are_invalid),
        cmocka_unit_test(test_another_model_is_invalid),
        cmocka_unit_test(test_a_small_context_is_invalid),
        cmocka_unit_test(test_cached_tokens_of_a_cold_request_are_invalid),
        cmocka_unit_test(test_another_temperature_is_invalid),
        cmocka_unit_test(test_another_seed_is_invalid),
        cmocka_unit_test(test_another_server_on_the_port_is_invalid),
        cmocka_unit_test(test_an_old_run_in_one_session_had_one_server),
        cmocka_unit_test(test_a_run_without_tokens_is_invalid),
        cmocka_unit_test(test_foreign_load_is_invalid),
        cmocka_unit_test(test_a_clock_that_steps_is_invalid),
        cmocka_unit_test(test_failed_tests_fail_a_run),
        cmocka_unit_test(test_answers_that_slow_down_are_not_steady),
        cmocka_unit_test(test_a_warm_up_that_still_changes_is_not_steady),
        cmocka_unit_test(test_answers_without_times_are_noted),
        cmocka_unit_test(test_a_short_steady_window_is_inconclusive),
        cmocka_unit_test(test_names_of_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
