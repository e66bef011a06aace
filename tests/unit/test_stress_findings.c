/* Figures of a stress run from its record, and the verdicts that follow: above all, that nothing is said of what was
 * not measured. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "figures/stress/fault_world.h"
#include "figures/stress/stress_criteria.h"
#include "figures/stress/stress_faults.h"
#include "figures/stress/stress_findings.h"
#include "support/draws.h"
#include "support/record_maker.h"

enum { N_TESTS = 200, N_SAMPLES = 1000, N_TOKENS = 41, N_EXPERTS = 8 };

/* Answers of half a second, one after another. */
typedef struct example {
    test_record tests[N_TESTS];
    stage_record stages[4];
    resource_sample samples[N_SAMPLES];
    server_record servers[2];
    fact_record facts[6];
    run_record run;
} example;

static example e;
static arrival arrivals[N_TOKENS];
static int32_t ids[N_TOKENS];
static stress_figures figures;

static stage_record stage_of(const char *suite, int64_t spent_ms)
{
    return (stage_record){
        .suite = suite, .name = "s", .work = "sessions", .parameters = "{}", .spent_ms = spent_ms, .reason = ""};
}

/* n requests of the stage `suite`, all of one session. */
static void fill(const char *suite, size_t n)
{
    memset(&e, 0, sizeof e);
    for (int i = 0; i < N_TOKENS; i++) {
        arrivals[i] = (arrival){.t_ns = 100000000 + 10000000 * (int64_t)i, .n_bytes = 1, .n_tokens = 1};
        ids[i] = i;
    }
    static test_record made;
    if (made.answer.arrivals == NULL)
        made = record_test(MODE_STREAM, 0, 0);
    for (size_t i = 0; i < n; i++) {
        e.tests[i] = made;
        e.tests[i].stage = 0;
        e.tests[i].index = (int)i;
        e.tests[i].start_ms = 500 * (int64_t)i;
        e.tests[i].answer.arrivals = arrivals;
        e.tests[i].answer.end_ns = 500000000;
    }
    e.stages[0] = stage_of(suite, 500 * (int64_t)n);
    e.run = record_run(e.tests, n);
    e.servers[0] = e.run.servers[0];
    e.servers[1] = e.run.servers[0];
    e.servers[1].side = SIDE_REFERENCE;
    e.run.servers = e.servers;
    e.run.n_servers = 2;
    e.run.stages = e.stages;
    e.run.n_stages = 1;
    e.run.facts = e.facts;
    e.run.samples = e.samples;
}

static void add_fact(fact_name name, int server, double number, const char *text)
{
    e.facts[e.run.n_facts++] = (fact_record){server < 0 ? -1 : 0, server, name, number, text, "test"};
}

static void add_sample(int64_t t_ms, double host, double gpu)
{
    resource_sample *const s = &e.samples[e.run.n_samples++];
    *s = (resource_sample){.t_ms = t_ms, .test_index = -1, .values = sample_values_none()};
    s->values.v[SAMPLE_PRIVATE] = host;
    s->values.v[SAMPLE_GPU_PROCESS] = gpu;
}

static const stress_figures *find(void)
{
    stress_rows rows;
    assert_int_equal(stress_rows_of(&e.run, 0, &rows, NULL), SW_OK);
    assert_int_equal(stress_findings_of(&rows, &figures, NULL), SW_OK);
    stress_rows_free(&rows);
    return &figures;
}

static void assert_verdict(const char *id, stress_verdict wanted, const char *found)
{
    find();
    for (size_t i = 0; i < N_STRESS_CRITERIA; i++) {
        if (strcmp(STRESS_CRITERIA[i].id, id) != 0)
            continue;
        const stress_judgement j = stress_judge(&STRESS_CRITERIA[i], &figures);
        if (j.verdict != wanted || strstr(j.found, found) == NULL)
            fail_msg("%s: %s, not %s: %s", id, stress_verdict_name(j.verdict), stress_verdict_name(wanted), j.found);
        return;
    }
    fail_msg("there is no criterion %s", id);
}

/* ---- speed and time ---------------------------------------------------------------------------------------------- */

static void test_the_slowest_minute_is_of_long_work(void **state)
{
    (void)state;
    fill("long-form", 160); // 82 tokens a second
    assert_verdict("sustained-speed", STRESS_MET, "81.98 tok/s (1 min of work)");
    fill("context", 160);
    assert_verdict("sustained-speed", STRESS_INCONCLUSIVE, "it was not asked for");
    fill("long-form", 100);
    assert_verdict("sustained-speed", STRESS_INCONCLUSIVE, "50 s of work are less than a minute");
}

static void test_a_benchmark_is_one_suite(void **state)
{
    (void)state;
    fill("", 160);
    e.run.n_stages = 0;
    for (size_t i = 0; i < 160; i++)
        e.tests[i].stage = -1;
    assert_verdict("sustained-speed", STRESS_MET, "81.98 tok/s");
    assert_close(find()->v[FIGURE_RUN_S].value, 80, 1e-9);
}

static void test_eight_hours_are_eight_hours(void **state)
{
    (void)state;
    fill("marathon", 160);
    assert_verdict("endurance", STRESS_INCONCLUSIVE, "too little: time in which the run was under way: 80 s");
    e.stages[0].spent_ms = 8 * 3600000;
    assert_verdict("endurance", STRESS_INCONCLUSIVE, "answers of less than ten minutes");
    for (int i = 0; i < 160; i++)
        e.tests[i].start_ms *= 100;
    assert_verdict("endurance", STRESS_MET, "0 (160 requests)");
    for (size_t i = 0; i < 3; i++)
        e.tests[i].answer.status = TEST_SERVER_ERROR;
    e.tests[3].answer.status = TEST_CANCELED; // by the workload
    assert_verdict("endurance", STRESS_NOT_MET, "0.01875 (160 requests)");
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static void test_without_a_gpu_its_memory_is_inconclusive(void **state)
{
    (void)state;
    fill("basic", 4);
    add_fact(FACT_GPU_NAME, -1, NAN, "no NVIDIA driver");
    add_sample(100, 1e9, NAN);
    assert_verdict("gpu-memory", STRESS_INCONCLUSIVE, "not measured: no NVIDIA driver");
    add_sample(200, 1e9, 3e9);
    assert_verdict("gpu-memory", STRESS_MET, "3.00 GB (1 samples)");
    add_fact(FACT_DEVICE_EMULATED, 0, NAN, "yes");
    assert_verdict("gpu-memory", STRESS_INCONCLUSIVE, "the GPU is emulated");
}

static void test_memory_of_the_reference_is_not_the_models(void **state)
{
    (void)state;
    fill("basic", 4);
    add_sample(100, 1e9, 2e9);
    add_sample(200, 1e9, 9e9);
    e.samples[1].server = 1;
    assert_verdict("gpu-memory", STRESS_MET, "2.00 GB");
}

static void test_a_leak_is_a_slope(void **state)
{
    (void)state;
    fill("marathon", 4);
    e.stages[0].end_ms = 6000 * 900;
    for (int i = 0; i < 900; i++) // an hour and a half
        add_sample(6000 * i, 1e9 + 80e6 * i / 600.0 + 1e6 * (i % 3), NAN);
    assert_verdict("no-leak", STRESS_NOT_MET, "80.0 MB/h (95 %: ");
    for (int i = 0; i < 900; i++)
        e.samples[i].values.v[SAMPLE_PRIVATE] = 1e9 + 1e6 * (i % 3);
    assert_verdict("no-leak", STRESS_MET, "0 B/h (95 %: ");
    for (int i = 450; i < 900; i++) { // a second server with more memory is no rise
        e.samples[i].server = 0;
        e.samples[i].values.v[SAMPLE_PRIVATE] += i % 2 == 0 ? 0 : 1e6;
    }
    assert_verdict("no-leak", STRESS_MET, "B/h");
    e.stages[0].work = "ladder"; // contexts that grow
    assert_verdict("no-leak", STRESS_INCONCLUSIVE, "there is no stage of one kind of work");
    e.stages[0].work = "sessions";
    e.run.n_samples = 5;
    assert_verdict("no-leak", STRESS_INCONCLUSIVE, "watched for at most 24 s");
    for (int i = 0; i < 5; i++)
        e.samples[i].t_ms *= 100; // over 40 minutes
    assert_verdict("no-leak", STRESS_INCONCLUSIVE, "too few samples");
}

static void fill_ladder(double bytes_per_token)
{
    fill("context", 6);
    e.stages[0].work = "ladder";
    e.run.n_samples = 0;
    add_fact(FACT_KV_BYTES_PER_TOKEN, 0, 20000, "");
    for (int i = 0; i < 6; i++) {
        e.tests[i].answer.prompt_tokens = 128 << i;
        add_sample(500 * i + 250, 1e9 + bytes_per_token * ((128 << i) + N_TOKENS), NAN);
    }
}

static void test_contexts_take_a_line_of_memory(void **state)
{
    (void)state;
    fill_ladder(20000);
    assert_verdict("linear-memory", STRESS_MET, "1 (6 lengths)");
    fill_ladder(30000);
    assert_verdict("linear-memory", STRESS_NOT_MET, "bytes per token over the planned ones: 1.5");
    fill_ladder(20000);
    e.run.n_facts = 0;
    assert_verdict("linear-memory", STRESS_INCONCLUSIVE, "does not report bytes per token");
    e.run.n_samples = 3;
    assert_verdict("linear-memory", STRESS_INCONCLUSIVE, "at 3 lengths of context memory grew by 7.7 MB");
    fill_ladder(20);
    assert_verdict("linear-memory", STRESS_INCONCLUSIVE, "too little to be told from noise");
}

/* ---- sessions ---------------------------------------------------------------------------------------------------- */

/* 20 requests alone, then three sessions with 20 each; `slowed` multiplies the time of session 2. */
static void fill_sessions(int64_t slowed)
{
    fill("concurrent", 80);
    e.stages[1] = stage_of("concurrent", 10000);
    e.run.n_stages = 2;
    for (int i = 20; i < 80; i++) {
        test_record *const t = &e.tests[i];
        t->stage = 1;
        t->session = i % 3;
        const int64_t factor = t->session == 2 ? slowed : 1;
        t->start_ms = 20000 + 500 * factor * ((i - 20) / 3);
        t->answer.end_ns *= factor;
    }
}

static void test_sessions_side_by_side_are_compared_with_one(void **state)
{
    (void)state;
    fill_sessions(1);
    assert_verdict("sessions", STRESS_MET, "rate of all sessions over that of one alone: 3");
    assert_close(find()->v[FIGURE_SESSIONS_LEAST].value, 1, 1e-9);
    assert_close(find()->v[FIGURE_SESSIONS_TTFT].value, 1, 1e-9);
    fill_sessions(3);
    assert_verdict("sessions", STRESS_NOT_MET,
                   "slowest session over the mean: 0.4286 (60 requests); asked: at least "
                   "0.8; session 3 of 3");
    fill_sessions(1);
    e.tests[30].answer.status = TEST_TIMEOUT;
    assert_verdict("sessions", STRESS_NOT_MET, "did not complete: 1");
}

static void test_one_session_is_no_comparison(void **state)
{
    (void)state;
    fill("concurrent", 20);
    assert_verdict("sessions", STRESS_INCONCLUSIVE, "it was not asked for");
    fill_sessions(1);
    e.run.n_tests = 28;
    assert_verdict("sessions", STRESS_INCONCLUSIVE, "20 requests of one session and 8 of 3 are too few");
    fill_sessions(1);
    for (int i = 20; i < 80; i++)
        e.tests[i].session %= 2;
    assert_verdict("sessions", STRESS_INCONCLUSIVE, "too little: sessions side by side: 2");
}

/* ---- consistency ------------------------------------------------------------------------------------------------- */

/* 20 questions, each to both sides; the answers to the first n part at token 10. */
static void fill_sides(int n_parted)
{
    static int32_t other[N_TOKENS];
    fill("consistency", 40);
    memcpy(other, ids, sizeof ids);
    other[10] = 99;
    for (int i = 0; i < 40; i++) {
        test_record *const t = &e.tests[i];
        t->plan.seed = i / 2;
        t->server = i % 2;
        t->answer.token_ids = i % 2 == 1 && i / 2 < n_parted ? other : ids;
        t->answer.n_token_ids = N_TOKENS;
        t->answer.text = i % 2 == 1 && i / 2 < n_parted ? "another" : "one";
        t->answer.n_text = strlen(t->answer.text);
    }
    add_fact(FACT_EXPERTS_VERIFIED, 0, NAN, "in RAM");
    add_fact(FACT_EXPERTS_VERIFIED, 1, NAN, "in VRAM");
}

static void test_tokens_are_compared_until_answers_part(void **state)
{
    (void)state;
    fill_sides(4);
    const double alike = 16 * 41 + 4 * 10, choices = alike + 4;
    assert_close(find()->v[FIGURE_TOP_AGREEMENT].value, alike / choices, 1e-12);
    assert_close(find()->v[FIGURE_EXACT_MATCH].value, 0.8, 1e-12);
    assert_verdict("consistency", STRESS_MET, "16 of 20 answers are equal");
    fill_sides(20);
    assert_verdict("consistency", STRESS_NOT_MET, "0.9091");
    fill_sides(0); // equal answers, but only 20 of them
    assert_verdict("consistency", STRESS_INCONCLUSIVE, "1 (95 %: 0.8389 to 1");
    e.tests[7].answer.token_ids = NULL;
    assert_verdict("consistency", STRESS_INCONCLUSIVE, "do not report the tokens");
}

static void test_fixed_texts_are_better_than_answers(void **state)
{
    (void)state;
    fill_sides(4);
    add_fact(FACT_FORCED_HASH, 0, NAN, "0011");
    add_fact(FACT_FORCED_HASH, 1, NAN, "0022");
    e.facts[4] = (fact_record){0, 0, FACT_FORCED_TOPS, NAN, "aaaaaaaabbbbbbbbccccccccdddddddd", "test"};
    e.facts[5] = (fact_record){0, 1, FACT_FORCED_TOPS, NAN, "aaaaaaaabbbbbbbbccccccccxxxxxxxx", "test"};
    e.run.n_facts = 6;
    assert_close(find()->v[FIGURE_TOP_AGREEMENT].value, 0.75, 1e-12);
    assert_verdict("consistency", STRESS_INCONCLUSIVE,
                   "0.75 (95 %: 0.3006 to 0.9544, 4 tokens); asked: more than 0.95; of "
                   "fixed texts; 16 of 20 answers are equal");
}

static void test_equal_sides_are_invalid(void **state)
{
    (void)state;
    fill_sides(0);
    e.facts[1].text = "in RAM";
    assert_verdict("consistency", STRESS_INVALID, "nothing was compared: both servers had their experts in RAM");
    fill_sides(0);
    for (int i = 0; i < 40; i++)
        e.tests[i].server = 0;
    assert_verdict("consistency", STRESS_INCONCLUSIVE, "no server without offloading was asked");
    assert_close(find()->v[FIGURE_REPEATED_MATCH].value, 1, 0);
    e.tests[5].answer.text = "other";
    e.tests[5].answer.n_text = 5;
    assert_close(find()->v[FIGURE_REPEATED_MATCH].value, 0.95, 1e-12);
}

/* ---- experts and answers ----------------------------------------------------------------------------------------- */

static void test_experts_that_are_not_told_are_inconclusive(void **state)
{
    (void)state;
    static const uint64_t counts[N_EXPERTS] = {20, 20, 20, 20, 20, 20, 2, 0};
    fill("routing", 2);
    assert_verdict("expert-use", STRESS_INCONCLUSIVE, "does not report which experts it uses");
    for (int i = 0; i < 2; i++)
        e.tests[i].answer.experts = (expert_counts){1, N_EXPERTS, 2, 61, counts};
    assert_verdict("expert-use", STRESS_MET,
                   "0.875 (122 tokens); asked: more than 0.7; chance alone reaches 70 % with "
                   "5 tokens; effective experts 6.3 of 8");
}

static void test_shares_of_right_answers(void **state)
{
    (void)state;
    static check_record passed = {"c", "contains", true, 1, CHECK_PASSED, ""};
    static check_record failed = {"c", "contains", true, 1, CHECK_FAILED, ""};
    static check_record not_run = {"c", "contains", true, 1, CHECK_NOT_RUN, ""};
    fill("reasoning", 10);
    for (int i = 0; i < 10; i++) {
        e.tests[i].checks = i == 0 ? &not_run : i < 4 ? &failed : &passed;
        e.tests[i].n_checks = 1;
    }
    assert_close(find()->v[FIGURE_ACCURACY].value, 6.0 / 9, 1e-12);
    assert_int_equal(find()->v[FIGURE_RECALL].state, FIGURE_MISSING);
    e.stages[0].suite = "context";
    for (int i = 0; i < 5; i++)
        e.tests[i].item = "secrets/seed=3";
    assert_close(find()->v[FIGURE_RECALL].value, 0.25, 1e-12);
}

/* ---- faults ------------------------------------------------------------------------------------------------------ */

static void test_the_search_for_faults_reads_the_record(void **state)
{
    (void)state;
    fill("marathon", 200);
    for (int i = 0; i < 200; i++) {
        e.tests[i].session = i % 2;
        add_sample(500 * i, 1e9 + 200e3 * i, NAN);
    }
    e.tests[90].answer.completion_tokens = 60;
    for (int i = 0; i < 5; i++) // of another stage, whose memory and times are no part of the series
        e.samples[i].t_ms = -1000 + i;
    e.stages[0].end_ms = 200 * 500;
    stress_rows rows;
    fault_record record;
    stress_faults faults;
    assert_int_equal(stress_rows_of(&e.run, 0, &rows, NULL), SW_OK);
    assert_int_equal(fault_record_of(&rows, &record, NULL), SW_OK);
    assert_int_equal(record.world.n_requests, 200);
    assert_int_equal(stress_faults_of(&record.world, &faults, NULL), SW_OK);
    assert_true(faults.rows[FAULT_LEAK].is_found && faults.rows[FAULT_USAGE].is_found);
    assert_close(faults.rows[FAULT_LEAK].effect, 200e3, 1);
    assert_true(isnan(faults.rows[FAULT_UNUSED].p_value) && isnan(faults.rows[FAULT_FORGETS].p_value));
    assert_int_equal(faults.n_found, 2);
    fault_record_free(&record);
    stress_rows_free(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_slowest_minute_is_of_long_work),
        cmocka_unit_test(test_a_benchmark_is_one_suite),
        cmocka_unit_test(test_eight_hours_are_eight_hours),
        cmocka_unit_test(test_without_a_gpu_its_memory_is_inconclusive),
        cmocka_unit_test(test_memory_of_the_reference_is_not_the_models),
        cmocka_unit_test(test_a_leak_is_a_slope),
        cmocka_unit_test(test_contexts_take_a_line_of_memory),
        cmocka_unit_test(test_sessions_side_by_side_are_compared_with_one),
        cmocka_unit_test(test_one_session_is_no_comparison),
        cmocka_unit_test(test_tokens_are_compared_until_answers_part),
        cmocka_unit_test(test_fixed_texts_are_better_than_answers),
        cmocka_unit_test(test_equal_sides_are_invalid),
        cmocka_unit_test(test_experts_that_are_not_told_are_inconclusive),
        cmocka_unit_test(test_shares_of_right_answers),
        cmocka_unit_test(test_the_search_for_faults_reads_the_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
